"""Clocks: running deadlines, and what happens when they are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inbox.domain.ids import ClockId, TicketId


class ClockKind(StrEnum):
    """What is to be done by then."""

    CALLBACK = "callback"  # call a missed caller back
    SNOOZE = "snooze"  # bring the ticket back
    CLOSE = "close"  # a solved ticket becomes closed
    CONTINUE = "continue"  # write to a visitor who left what they have not seen


@dataclass(frozen=True, slots=True)
class Clock:
    """A running deadline of a ticket; at most one of a kind runs."""

    id: ClockId
    ticket_id: TicketId
    kind: ClockKind
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = None
    fired_at: datetime | None = None
