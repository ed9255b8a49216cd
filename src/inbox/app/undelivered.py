"""What a far end reports of our own messages after it took them: that they did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.app.ports import Unit
from inbox.app.suppress import suppress_gone
from inbox.app.views import ticket_event
from inbox.channel.model import Received, Undelivered
from inbox.domain.events import EventType
from inbox.domain.fates import Refusal, reported
from inbox.domain.message import Delivery, Direction, Message
from inbox.domain.ticket import Ticket

_FAILED_BEFORE = "failed_before"  # of a message's meta: it was sent again
_NAMED = 5  # recipients in the words at a message


def asks_for_somebody(received: Received) -> bool:
    """Tell whether a report gives us work: one of ours did not arrive, and nobody tries any more."""
    return received.about is not None and any(failure.permanent for failure in received.undelivered)


def has_failed(message: Message) -> bool:
    """Tell whether a message failed, now or before it was sent again: who replays a copy of it proves nothing."""
    return message.delivery is Delivery.FAILED or _FAILED_BEFORE in message.meta


def failure_of(message: Message) -> dict[str, Any]:
    """Return what is to be kept in the meta of a message that is sent again."""
    return {_FAILED_BEFORE: True} if message.delivery is Delivery.FAILED else {}


async def mark_undelivered(unit: Unit, ticket: Ticket, received: Received, *, now: datetime) -> None:
    """Mark the message that a report is about; only one of the report's own ticket, whatever the report names."""
    if received.about is None or not received.undelivered:
        return
    message = await unit.messages.of_ticket(ticket.id, received.about)
    if message is None or message.direction is not Direction.OUTBOUND:
        return
    await suppress_gone(unit, message, received.undelivered, now=now)
    marked = _marked(message, received.undelivered)
    if marked != message:
        await unit.messages.save(marked)
        unit.record(ticket_event(EventType.MESSAGE_DELIVERY, ticket, marked))


def _marked(message: Message, failures: Sequence[Undelivered]) -> Message:
    for failure in failures:
        refusal = Refusal(failure.recipient, failure.reason, failure.permanent)
        message = replace(message, recipients=reported(message.recipients, refusal))
    if any(failure.permanent for failure in failures):
        lost = [failure for failure in failures if failure.permanent]
        return replace(message, delivery=Delivery.FAILED, error=_in_words(lost))
    if message.delivery in {Delivery.FAILED, Delivery.DELIVERED}:
        return message
    return replace(message, error=_in_words(failures))


def _in_words(failures: Sequence[Undelivered]) -> str:
    named = "; ".join(f"{f.recipient}: {f.reason}" if f.reason else f.recipient for f in failures[:_NAMED])
    return f"{named} …" if len(failures) > _NAMED else named
