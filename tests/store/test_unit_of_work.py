"""State, events and outbox rows commit together or not at all, and a fault leaves nothing behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from inbox.domain.events import Position
from inbox.domain.ids import CampaignId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.errors import Conflict, Invalid, StaleVersion, Unavailable
from inbox.store.database import engine_for
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, add_manager, new_message, new_ticket, noted


async def events_of(units: Units) -> int:
    async with units.reading() as unit:
        return len((await unit.stream.read(Position(0, 0, 0), epoch=units.epoch, limit=100)).events)


async def test_state_events_and_outbox_roll_back_together(dsn: str, units: Units, inbox: Inbox) -> None:
    async def fail() -> None:
        async with units() as unit:
            ticket = await new_ticket(unit, inbox)
            message = new_message(ticket, 1)
            await unit.messages.add(message)
            await unit.outbox.add(message.id, inbox.id, ticket.id, run_at=NOW, frozen=None)
            unit.record(noted())
            await unit.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    connection = await asyncpg.connect(dsn)
    left = await connection.fetchrow(
        "select (select count(*) from tickets), (select count(*) from messages), (select count(*) from outbox), "
        "(select count(*) from events), (select count(*) from contacts)"
    )
    await connection.close()
    assert tuple(left) == (0, 0, 0, 0, 0)


async def test_a_cancelled_unit_leaves_nothing(units: Units) -> None:
    async def writer() -> None:
        async with units() as unit:
            unit.record(noted())
            await unit.flush()
            await asyncio.sleep(60)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer())
        await asyncio.sleep(0.1)
        task.cancel()

    assert await events_of(units) == 0
    async with units() as unit:
        unit.record(noted())
    assert await events_of(units) == 1


async def test_a_unit_cancelled_while_it_waits_for_a_lock_spoils_no_connection(dsn: str, units: Units) -> None:
    engine = engine_for(dsn, pool=1)
    one = Units(engine, units._vault, epoch=units.epoch, on_commit=lambda: None)  # noqa: SLF001 - the same keys
    async with units("thread"):

        async def waiting() -> None:
            async with one("thread"):
                raise AssertionError("two units hold one lock")

        async with asyncio.TaskGroup() as group:
            task = group.create_task(waiting())
            await asyncio.sleep(0.1)
            task.cancel()
    async with one("thread") as unit:
        unit.record(noted())

    assert await events_of(units) == 1
    await engine.dispose()


async def test_a_killed_connection_undoes_its_unit_and_the_next_one_works(dsn: str, units: Units) -> None:
    admin = await asyncpg.connect(dsn)

    async def lose_it() -> None:
        async with units() as unit:
            unit.record(noted())
            await unit.flush()
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'crowd-inbox' and datname = current_database()"
            )
            await unit.tickets.number()

    with pytest.raises(Unavailable):
        await lose_it()
    await admin.close()
    for _ in range(10):
        async with units() as unit:
            unit.record(noted())

    assert await events_of(units) == 10


async def test_nobody_is_woken_by_a_unit_that_rolled_back_or_had_nothing_to_say(units: Units) -> None:
    woken: list[int] = []
    heard = Units(units._engine, units._vault, epoch=1, on_commit=lambda: woken.append(1))  # noqa: SLF001
    async with heard():
        pass

    async def fail() -> None:
        async with heard() as unit:
            unit.record(noted())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert woken == []

    async with heard() as unit:
        unit.record(noted())
    assert woken == [1]


async def test_a_second_of_what_there_may_be_one_is_a_conflict_however_it_is_written(units: Units) -> None:
    async with units() as unit:
        await add_manager(unit, "aylin")

    with pytest.raises(Conflict):
        async with units() as unit:
            await add_manager(unit, "AYLIN")


async def test_what_refers_to_nothing_is_invalid(units: Units, inbox: Inbox) -> None:
    with pytest.raises(Invalid):
        async with units() as unit:
            await new_ticket(unit, inbox, campaign_id=CampaignId(new_id()))


async def test_what_others_refer_to_is_not_removed(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        await new_ticket(unit, inbox)

    with pytest.raises(Conflict):
        async with units() as unit:
            await unit.inboxes.remove(inbox.id)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
async def test_a_text_that_the_database_does_not_take_is_invalid(units: Units, inbox: Inbox, text: str) -> None:
    with pytest.raises(Invalid):
        async with units() as unit:
            await new_ticket(unit, inbox, subject=text)


async def test_of_two_changes_of_one_version_the_second_is_stale(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        ticket = await new_ticket(unit, inbox)
    async with units() as unit:
        await unit.tickets.save(replace(ticket, subject="eins"), now=NOW)

    with pytest.raises(StaleVersion):
        async with units() as unit:
            await unit.tickets.save(replace(ticket, subject="zwei"), now=NOW)


async def test_units_with_one_lock_run_after_each_other(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        ticket_id = (await new_ticket(unit, inbox)).id

    async def one_more() -> None:
        async with units("b", "a") as unit:
            ticket = await unit.tickets.find(TicketId(ticket_id), EVERYTHING)
            await asyncio.sleep(0.002)
            await unit.tickets.save(replace(ticket, last_seq=ticket.last_seq + 1), now=NOW)

    await asyncio.gather(*(one_more() for _ in range(20)))

    async with units.reading() as unit:
        assert (await unit.tickets.find(TicketId(ticket_id), EVERYTHING)).last_seq == 20
