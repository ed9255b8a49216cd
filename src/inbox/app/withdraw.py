"""Takes an answer back that has not left yet: the ticket is as it was, and the words are their writer's again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.closing import keep_closing
from inbox.app.ports import Unit
from inbox.app.reply import Desk
from inbox.app.views import ticket_event
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType
from inbox.domain.holding import unanswered
from inbox.domain.ids import ClockId, MessageId, TicketId, new_id
from inbox.domain.message import Delivery, Direction, Message
from inbox.domain.recipients import Fate
from inbox.domain.ticket import State, Ticket
from inbox.errors import TransitionRefused

_STILL_HERE = frozenset({Delivery.QUEUED, Delivery.SCHEDULED})


async def withdraw(unit: Unit, desk: Desk, ticket_id: TicketId, message_id: MessageId, *, now: datetime) -> Message:
    """Take a message back; return it with its files, which are the caller's to send otherwise.

    Whoever sends it marks it as `sending` under the same lock before they do, so that what is taken back never leaves.
    """
    ticket = await unit.tickets.hold(ticket_id, desk.access)
    message = await unit.messages.find(ticket_id, message_id)
    check_still_here(message)
    await unit.outbox.remove(message.id)
    await unit.messages.give_back_uploads(message, desk.manager.id, now=now)
    gone = replace(message, delivery=Delivery.WITHDRAWN, error=None, external_id=None, attachments=())
    await unit.messages.save(gone)
    saved = await _back(unit, ticket, unanswered(ticket, message, now=now), now=now)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, gone))
    return replace(gone, attachments=message.attachments)


def check_still_here(message: Message) -> None:
    """Raise TransitionRefused for what is nobody's to take back any more, or was never a person's."""
    if message.direction is not Direction.OUTBOUND or message.manager_id is None:
        raise TransitionRefused("Only an answer that somebody wrote can be taken back.")
    if message.delivery not in _STILL_HERE:
        raise TransitionRefused(f"This message is {message.delivery}; it cannot be taken back.")
    if any(each.state not in {None, Fate.FAILED} for each in message.recipients):
        raise TransitionRefused("Some of its recipients have it already; it cannot be taken back.")


async def _back(unit: Unit, before: Ticket, ticket: Ticket, *, now: datetime) -> Ticket:
    saved = await unit.tickets.save(ticket, now=now)
    if before.state is State.SNOOZED and saved.state is not State.SNOOZED:
        await unit.clocks.stop(saved.id, ClockKind.SNOOZE, now=now)
    await keep_closing(unit, before.state, saved, now=now)
    if saved.state is State.SNOOZED and saved.snoozed_until is not None and before.state is not State.SNOOZED:
        due_at = saved.snoozed_until
        await unit.clocks.start(Clock(ClockId(new_id()), saved.id, ClockKind.SNOOZE, started_at=now, due_at=due_at))
    return saved
