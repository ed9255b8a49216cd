"""The loop that gives out work: at once, in whichever process, each ticket once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inbox.app.intake import Door
from inbox.app.presence import set_availability
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import ManagerId, TeamId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import Units
from inbox.worker.timers import assign_passes
from inbox.worker.wake import Wake
from tests.app.conftest import Take, comment


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def looping(units: Units, *, processes: int = 1) -> AsyncIterator[Callable[[], None]]:
    """Run the loop, in as many processes as asked for; yields what wakes all of them."""
    nothing: Any = None
    wakes = [Wake() for _ in range(processes)]

    def ring() -> None:
        for wake in wakes:
            wake.ring()

    async with asyncio.TaskGroup() as group:
        door = Door(units, nothing, nothing, now)
        tasks = [group.create_task(assign_passes(door, wake, wake)) for wake in wakes]
        yield ring
        for task in tasks:
            task.cancel()


class Watched(Wake):
    """A bell that knows whether somebody sleeps by it."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeping = asyncio.Event()

    async def sleep(self, *, until: datetime | None, now: datetime, at_most: float) -> None:
        """Sleep likewise."""
        self.sleeping.set()
        await super().sleep(until=until, now=now, at_most=at_most)
        self.sleeping.clear()


async def until(units: Units, ticket_id: TicketId, holds: Callable[[Ticket], bool]) -> Ticket:
    """Return a ticket once something holds of it; fail after five seconds."""
    for _ in range(500):
        async with units.reading() as unit:
            ticket = await unit.tickets.find(ticket_id, EVERYTHING)
        if holds(ticket):
            return ticket
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def test_what_comes_is_given_out_as_soon_as_the_loop_is_woken(units: Units, take: Take, aylin: Manager) -> None:
    async with looping(units) as ring:
        await asyncio.sleep(0.2)
        taken = await take("comments", comment("c-1", at=now()), now=now())
        assert taken.ticket is not None
        ring()
        given = await until(units, taken.ticket.id, lambda ticket: ticket.assignee_id == aylin.id)

    assert given.assigned_why is not None
    assert given.assigned_why.text.startswith("1 of 3 in comments")


async def test_what_waits_is_given_out_when_somebody_comes_although_nothing_wakes_the_loop(
    units: Units, take: Take, aylin: Manager
) -> None:
    async with units() as unit:
        await set_availability(unit, aylin, Availability.BUSY, now=now())
    async with looping(units):
        taken = await take("comments", comment("c-1", at=now()), now=now())
        assert taken.ticket is not None
        await asyncio.sleep(0.1)
        async with units() as unit:
            await set_availability(unit, await unit.managers.find(aylin.id), Availability.ONLINE, now=now())
        await until(units, taken.ticket.id, lambda ticket: ticket.assignee_id == aylin.id)


async def test_arrivals_wake_the_loop_only_while_somebody_has_room(units: Units, take: Take, aylin: Manager) -> None:
    nothing: Any = None
    work, room = Watched(), Watched()
    async with asyncio.TaskGroup() as group, asyncio.timeout(5):
        loop = group.create_task(assign_passes(Door(units, nothing, nothing, now), work, room))
        await work.sleeping.wait()
        was_by_room = room.sleeping.is_set()
        for n in range(4):
            await take("comments", comment(f"c-{n}", thread=f"t-{n}", at=now()), now=now())
        work.ring()
        await room.sleeping.wait()
        loop.cancel()

    assert not was_by_room
    assert not work.sleeping.is_set()


async def test_several_processes_give_each_ticket_out_once_and_fill_nobody_too_much(
    units: Units, inboxes: dict[str, Inbox], take: Take, aylin: Manager
) -> None:
    async with looping(units, processes=4) as ring:
        for n in range(8):
            await take("comments", comment(f"c-{n}", thread=f"t-{n}", at=now()), now=now())
            ring()
        await asyncio.sleep(1)
    async with units.session() as session:
        rows = await session.driver.fetch("select ticket_id, count(*) from assignments group by 1")
    async with units.reading() as unit:
        load = (await unit.managers.find(aylin.id)).load

    assert [row["count"] for row in rows] == [1] * 3
    assert load == aylin.capacity


async def test_an_offer_that_nobody_answers_goes_on_when_its_time_is_up(
    units: Units, take: Take, aylin: Manager
) -> None:
    async with units() as unit:
        ben = await unit.managers.add(replace(aylin, id=ManagerId(new_id()), email="ben@mitmachwerk.example"))
        members = frozenset({aylin.id, ben.id})
        team = Team(TeamId(new_id()), "Licht", members, mode=Mode.OFFER)
        team = await unit.campaigns.put_team(replace(team, offer_for=team.offer_for / 60))
    taken = await take("comments", comment("c-1", at=now()), now=now())
    assert taken.ticket is not None
    async with units() as unit:
        held = await unit.tickets.hold(taken.ticket.id, EVERYTHING)
        await unit.tickets.save(replace(held, team_id=team.id), now=now())
    async with looping(units):
        first = await until(units, held.id, lambda ticket: ticket.offered_to is not None)
        second = await until(units, held.id, lambda ticket: ticket.offered_to not in {None, first.offered_to})

    assert {first.offered_to, second.offered_to} == members
    assert second.declined_by == (first.offered_to,)
