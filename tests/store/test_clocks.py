"""Clocks fire once, however many workers look, and change nothing that was changed before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from inbox.app.ports import Unit
from inbox.app.timers import fire_due
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType, Position
from inbox.domain.ids import ClockId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.ticket import Priority, State, Ticket
from inbox.errors import Conflict
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, later, new_ticket


async def clocked(units: Units, inbox: Inbox, kind: ClockKind, **ticket: object) -> Ticket:
    async with units() as unit:
        made = await new_ticket(unit, inbox, **ticket)
        await unit.clocks.start(Clock(ClockId(new_id()), made.id, kind, started_at=NOW, due_at=later(30)))
    return made


async def fired_events(units: Units) -> int:
    async with units.reading() as unit:
        found = await unit.stream.read(Position(0, 0, 0), epoch=units.epoch, limit=500)
    return sum(event.type == EventType.CLOCK_FIRED.value for event in found.events)


async def test_two_workers_fire_every_clock_once(units: Units, inbox: Inbox) -> None:
    for _ in range(15):
        await clocked(units, inbox, ClockKind.CALLBACK)
    await asyncio.gather(*(fire_due(units, now=later(31)) for _ in range(4)))

    assert await fired_events(units) == 15
    assert await fire_due(units, now=later(32)) == 0


async def test_a_clock_that_cannot_ring_holds_up_no_other(units: Units, inbox: Inbox) -> None:
    broken, healthy = [await clocked(units, inbox, ClockKind.CALLBACK) for _ in range(2)]

    async def ring(unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
        if ticket.id == broken.id:
            raise Conflict
        return await unit.tickets.save(replace(ticket, priority=Priority.URGENT), now=now)

    with pytest.raises(Conflict):
        await fire_due(units, now=later(31), rings={ClockKind.CALLBACK: ring})

    async with units.reading() as unit:
        assert (await unit.tickets.find(healthy.id, EVERYTHING)).priority is Priority.URGENT


async def test_a_clock_does_not_fire_before_it_is_due(units: Units, inbox: Inbox) -> None:
    await clocked(units, inbox, ClockKind.CALLBACK)

    assert await fire_due(units, now=later(29)) == 0


async def test_a_clock_that_somebody_stops_at_the_same_moment_never_blocks_them(units: Units, inbox: Inbox) -> None:
    tickets = [await clocked(units, inbox, ClockKind.SNOOZE, state=State.SNOOZED) for _ in range(10)]

    async def stop(ticket: Ticket) -> None:
        async with units() as unit:
            await unit.tickets.hold(ticket.id, EVERYTHING)
            await asyncio.sleep(0.005)
            await unit.clocks.stop(ticket.id, ClockKind.SNOOZE, now=later(31))

    async with asyncio.timeout(5):
        await asyncio.gather(fire_due(units, now=later(31)), *(stop(ticket) for ticket in tickets))

    assert await fire_due(units, now=later(32)) == 0


async def test_one_of_a_kind_runs_for_a_ticket_and_keeps_its_deadline(units: Units, inbox: Inbox) -> None:
    ticket = await clocked(units, inbox, ClockKind.CALLBACK)
    async with units() as unit:
        await unit.clocks.start(
            Clock(ClockId(new_id()), ticket.id, ClockKind.CALLBACK, started_at=later(10), due_at=later(40))
        )

        assert await unit.clocks.next_due() == later(30)


@pytest.mark.parametrize(
    ("kind", "state", "after"),
    [
        (ClockKind.SNOOZE, State.SNOOZED, State.OPEN),
        (ClockKind.SNOOZE, State.SOLVED, State.SOLVED),
        (ClockKind.CLOSE, State.SOLVED, State.CLOSED),
        (ClockKind.CLOSE, State.OPEN, State.OPEN),
        (ClockKind.CALLBACK, State.OPEN, State.OPEN),
    ],
)
async def test_a_clock_moves_only_a_ticket_that_still_waits_for_it(
    units: Units, inbox: Inbox, kind: ClockKind, state: State, after: State
) -> None:
    ticket = await clocked(units, inbox, kind, state=state, solved_at=NOW if state is State.SOLVED else None)
    await fire_due(units, now=later(31))

    async with units.reading() as unit:
        found = await unit.tickets.find(ticket.id, EVERYTHING)
    assert found.state is after
    assert (found.priority is Priority.HIGH) == (kind is ClockKind.CALLBACK)
