"""Keeps the clock by which a solved ticket becomes a closed one."""

from __future__ import annotations

from datetime import datetime

from inbox.app.ports import Unit
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.ids import ClockId, new_id
from inbox.domain.ticket import REOPENS_WITHIN, State, Ticket


async def start_closing(unit: Unit, ticket: Ticket, *, now: datetime) -> None:
    """Let a ticket close once its contact can no longer reopen it; a public thread stays open for good."""
    if ticket.state is State.SOLVED and not ticket.public:
        due_at = now + REOPENS_WITHIN
        await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, ClockKind.CLOSE, started_at=now, due_at=due_at))


async def keep_closing(unit: Unit, before: State | None, ticket: Ticket, *, now: datetime) -> None:
    """Stop or start the clock, as a ticket left its state `before`; None for a new ticket."""
    if ticket.state is before:
        return
    if before is State.SOLVED:
        await unit.clocks.stop(ticket.id, ClockKind.CLOSE, now=now)
    await start_closing(unit, ticket, now=now)
