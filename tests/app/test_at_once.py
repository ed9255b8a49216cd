"""What comes in plain is stored by one statement without a lock, and parallel deliveries still come out right."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from inbox.app.arrival import Arrival
from inbox.app.intake import Door, take_message
from inbox.app.opened import Opened
from inbox.app.receive import Outcome, Taken, receive_at_once
from inbox.app.turns import Turns
from inbox.channel.model import File
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Attachment
from inbox.domain.ticket import Ticket
from inbox.errors import StaleVersion
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, comment, person


class _Nothing:
    """Keeps no files: none come here."""

    async def keep(self, file: File) -> Attachment:
        raise NotImplementedError

    async def keep_pieces(self, name: str, pieces: AsyncIterator[bytes], *, limit: int) -> Attachment:
        raise NotImplementedError


class _Comments:
    """The comments channel, as far as taking in asks."""

    capabilities = CAPABILITIES["comments"]


@pytest.fixture
def opened(inboxes: dict[str, Inbox]) -> Opened:
    channel: Any = _Comments()
    return Opened(inboxes["comments"], channel, channel)


def door(units: Units) -> Door:
    """A process of its own: it shares no turns with another."""
    inboxes: Any = None
    return Door(units, inboxes, _Nothing(), lambda: NOW)


async def tickets_of(units: Units, taken: list[Taken]) -> list[Ticket]:
    ids = sorted({t.ticket.id for t in taken if t.ticket is not None})
    async with units.reading() as unit:
        return [await unit.tickets.find(ticket_id, EVERYTHING) for ticket_id in ids]


async def test_comments_of_one_thread_get_dense_places_whichever_process_takes_them(
    units: Units, opened: Opened
) -> None:
    processes = [door(units), door(units)]

    taken = await asyncio.gather(*[take_message(processes[n % 2], opened, comment(f"c-{n}")) for n in range(20)])

    (ticket,) = await tickets_of(units, taken)
    assert ticket.last_seq == 20
    assert sorted(t.message.seq for t in taken if t.message is not None) == list(range(1, 21))


async def test_a_comment_delivered_twice_at_once_is_stored_once(units: Units, opened: Opened) -> None:
    processes = [door(units), door(units)]

    taken = await asyncio.gather(*[take_message(at, opened, comment("c-1")) for at in processes * 3])

    assert sorted(t.outcome for t in taken).count(Outcome.STORED) == 1
    (ticket,) = await tickets_of(units, taken)
    assert ticket.last_seq == 1


async def test_somebody_new_who_comments_in_two_threads_at_once_is_one_contact(units: Units, opened: Opened) -> None:
    said = [comment(f"c-{n}", thread=f"update-{n}", sender=person("Mira")) for n in range(8)]

    taken = await asyncio.gather(*[take_message(door(units), opened, each) for each in said])

    assert len({t.message.contact_id for t in taken if t.message is not None}) == 1
    assert len(await tickets_of(units, taken)) == 8


async def test_a_ticket_changed_since_it_was_looked_at_takes_nothing(units: Units, opened: Opened) -> None:
    first = await take_message(door(units), opened, comment("c-1"))
    arrival = Arrival(opened.inbox, opened.capabilities, comment("c-2"))

    with pytest.raises(StaleVersion):
        async with units.single() as unit:
            await receive_at_once(_Meddling(unit, units, opened), arrival, now=NOW)

    (ticket,) = await tickets_of(units, [first])
    async with units.reading() as unit:
        messages = await unit.messages.since(ticket.id, 0)
    assert [m.external_id for m in messages] == ["c-1", "c-3"]


class _Meddling:
    """A unit in whose look-up another process stores a comment of the same thread."""

    def __init__(self, unit: Any, units: Units, opened: Opened) -> None:
        self._unit, self._units, self._opened = unit, units, opened
        self.intake = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    async def look_up(self, *args: Any, **more: Any) -> Any:
        known = await self._unit.intake.look_up(*args, **more)
        await take_message(door(self._units), self._opened, comment("c-3"))
        return known

    async def write(self, *args: Any, **more: Any) -> None:
        await self._unit.intake.write(*args, **more)


async def test_turns_of_one_name_come_in_the_order_they_were_asked_for() -> None:
    turns, order = Turns(), list[str]()

    async def work(who: str, *names: str) -> None:
        async with turns.of(*names):
            order.append(f"{who} in")
            await asyncio.sleep(0.01)
            order.append(f"{who} out")

    await asyncio.gather(work("a", "x", "y"), work("b", "y", "x"), work("c", "y"))

    assert order == ["a in", "a out", "b in", "b out", "c in", "c out"]
