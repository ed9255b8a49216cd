"""What a ticket was before an answer that may still be taken back, and how it becomes that again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State, Ticket, clocked

_BEFORE = "before"  # of a message's meta
_MOMENTS = ("waiting_since", "snoozed_until", "solved_at")
_WORDS = ("last_line", "last_direction")


def remembered(ticket: Ticket) -> dict[str, Any]:
    """Return what an answer to this ticket keeps of it, as part of the message's meta."""
    moments = {name: _written(getattr(ticket, name)) for name in _MOMENTS}
    words = {name: getattr(ticket, name) for name in _WORDS}
    return {_BEFORE: {"state": ticket.state.value} | moments | words}


def asleep(ticket: Ticket, message: Message) -> Ticket:
    """Return the ticket while an answer waits for its time: an open one sleeps till then, any other stays as it is."""
    if ticket.state is not State.OPEN:
        return ticket
    return replace(ticket, state=State.SNOOZED, snoozed_until=message.send_at, waiting_since=None, due_at=None)


def sleeps_for(ticket: Ticket, message: Message) -> bool:
    """Tell whether a ticket sleeps because of an answer that waits."""
    return ticket.state is State.SNOOZED and ticket.snoozed_until == message.send_at


def unanswered(ticket: Ticket, message: Message, *, now: datetime) -> Ticket:
    """Return the ticket as if `message` had not been written; what happened since stays.

    A ticket that the answer left waiting or solved is what it was before, and waits for us since then. One that
    somebody spoke in, or that a person moved on, keeps its state, but still waits since the oldest unanswered word.
    """
    before: Mapping[str, Any] | None = message.meta.get(_BEFORE)
    if before is None:
        return ticket
    if message.delivery is Delivery.SCHEDULED:
        return clocked(_as_before(ticket, before, now=now)) if sleeps_for(ticket, message) else ticket
    if ticket.last_seq == message.seq:
        ticket = replace(ticket, **{name: before[name] for name in _WORDS})
    waited = _read(before["waiting_since"])
    if ticket.state is State.OPEN:
        return clocked(replace(ticket, waiting_since=_earliest(waited, ticket.waiting_since)))
    if ticket.state not in {State.WAITING, State.SOLVED}:
        return ticket
    return clocked(_as_before(ticket, before, now=now))


def _as_before(ticket: Ticket, before: Mapping[str, Any], *, now: datetime) -> Ticket:
    state, until = State(before["state"]), _read(before["snoozed_until"])
    overslept = state is State.SNOOZED and (until is None or until <= now)
    return replace(
        ticket,
        state=State.OPEN if overslept else state,
        waiting_since=_read(before["waiting_since"]) or (now if overslept else None),
        snoozed_until=None if overslept else until,
        solved_at=_read(before["solved_at"]),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
