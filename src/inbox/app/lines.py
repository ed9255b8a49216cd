"""Lines in a ticket's history that say what happened to it: notes, so that the crowd never sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbox.domain.ids import ManagerId, MessageId, new_id
from inbox.domain.manager import Access
from inbox.domain.message import Direction, Kind, Message
from inbox.domain.moving import EVENT, Move
from inbox.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class By:
    """Who changes which ticket messages are in, and why."""

    access: Access
    manager_id: ManagerId | None  # None: a program
    name: str | None
    reason: str | None = None


def line(ticket: Ticket, seq: int, words: str, facts: dict[str, Any], by: By, *, now: datetime) -> Message:
    """Return a line for a ticket: words for programs that show notes, facts for screens with words of their own."""
    said = f"{words} {by.reason}" if by.reason else words
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=seq,
        kind=Kind.NOTE,
        direction=Direction.INTERNAL,
        at=now,
        text=said,
        author_name=by.name,
        manager_id=by.manager_id,
        meta={EVENT: facts | {"reason": by.reason}},
    )


def facts(name: str, other: Ticket, move: Move) -> dict[str, Any]:
    """Return what a line says of a move: to or from which ticket, and how to undo it."""
    count = len(move.places)
    return {"name": name, "ticket_id": str(other.id), "number": other.number, "count": count, "move_id": str(move.id)}


def planned(ticket: Ticket, seq: int, answer: MessageId, by: By, *, now: datetime) -> Message:
    """Return the line that stands where somebody planned an answer, which left later and stands where it was said."""
    here = {"name": "planned", "ticket_id": str(ticket.id), "number": ticket.number, "count": 1, "move_id": str(answer)}
    return line(ticket, seq, "An answer was planned here; it left later.", here, by, now=now)
