"""What happens when a clock is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from inbox.app.ports import Unit, Units
from inbox.app.views import ticket_event
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType
from inbox.domain.manager import EVERYTHING
from inbox.domain.ticket import Priority, State, Ticket, clocked, moved

_BATCH = 100


class Ring(Protocol):
    """What a clock does that needs more than its ticket."""

    async def __call__(self, unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
        """Do it in this unit; return the ticket as it was saved."""


async def fire_due(units: Units, *, now: datetime, rings: Mapping[ClockKind, Ring] | None = None) -> int:
    """Fire the clocks that are due, each once and in a unit of its own; return how many were due.

    One that cannot ring holds up no other; what the first raised is raised when all have had their turn.
    """
    async with units.reading() as unit:
        due = await unit.clocks.due(now=now, limit=_BATCH)
    failed: list[Exception] = []
    for clock in due:
        try:
            async with units() as unit:
                await _fire(unit, clock, (rings or {}).get(clock.kind), now=now)
        except Exception as error:  # noqa: BLE001 - whatever it was, the snoozes and callbacks of others go on
            failed.append(error)
    if failed:
        raise failed[0]
    return len(due)


async def _fire(unit: Unit, clock: Clock, ring: Ring | None, *, now: datetime) -> None:
    # The ticket first, like everybody who changes one and then its clocks: two ways round would wait for each other.
    ticket = await unit.tickets.hold_any(clock.ticket_id, EVERYTHING)
    if not await unit.clocks.fired(clock, now=now):
        return
    saved = await _rung(unit, ticket, clock, now=now) if ring is None else await ring(unit, ticket, now=now)
    unit.record(ticket_event(EventType.CLOCK_FIRED, saved, clock=clock.kind.value))


async def _rung(unit: Unit, ticket: Ticket, clock: Clock, *, now: datetime) -> Ticket:
    after = rung(ticket, clock, now=now)
    return ticket if after == ticket else await unit.tickets.save(after, now=now)


def rung(ticket: Ticket, clock: Clock, *, now: datetime) -> Ticket:
    """Return the ticket after its clock rang: a sleeper is awake, a missed caller urgent, a solved one closed."""
    match clock.kind:
        case ClockKind.SNOOZE if ticket.state is State.SNOOZED:
            return clocked(replace(moved(ticket, State.OPEN, now=now), waiting_since=now))
        case ClockKind.CALLBACK if ticket.state is State.OPEN:
            return clocked(replace(ticket, priority=max(ticket.priority, Priority.HIGH)))
        case ClockKind.CLOSE if ticket.state is State.SOLVED and not ticket.public:
            return moved(ticket, State.CLOSED, now=now)
        case _:
            return ticket
