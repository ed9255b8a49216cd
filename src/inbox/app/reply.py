"""Answers, notes and calls written down by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from inbox.app.audience import addressed
from inbox.app.change import tell_visitor
from inbox.app.closing import keep_closing, start_closing
from inbox.app.continuing import start_continuing
from inbox.app.languages import Languages
from inbox.app.opened import Opened
from inbox.app.outgoing import Blobs, outgoing
from inbox.app.ports import PublicEntry, Unit
from inbox.app.schedule import Plan, schedule
from inbox.app.suppress import check_reachable
from inbox.app.undelivered import failure_of
from inbox.app.views import public_view, ticket_event
from inbox.channel.contract import Prepares
from inbox.domain.calls import Call
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.contact import IdentityKind
from inbox.domain.events import EventType
from inbox.domain.fates import again
from inbox.domain.holding import remembered
from inbox.domain.ids import ClockId, MessageId, TicketId, new_id
from inbox.domain.manager import Access, Manager
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.recipients import Recipient
from inbox.domain.ticket import State, Ticket, after_call, answered, noted
from inbox.errors import Invalid, SpokenSince, SwitchedOff, TransitionRefused


@dataclass(frozen=True, slots=True)
class Draft:
    """What a manager wants to say."""

    text: str
    last_seen: int  # the newest message that its writer had on the screen
    solve: bool = False
    send_anyway: bool = False
    uploads: tuple[UUID, ...] = ()
    parent_id: MessageId | None = None  # the comment that it answers
    recipients: tuple[Recipient, ...] = ()  # nobody in To: the contact
    send_at: datetime | None = None  # None: now
    unless_answered: bool = False  # and not at all if somebody has answered by then


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes, and with what."""

    manager: Manager
    access: Access
    blobs: Blobs
    own: frozenset[str] = frozenset()  # the addresses of our inboxes, which we do not write to
    languages: Languages = field(default_factory=Languages)


async def reply(
    unit: Unit, desk: Desk, ticket_id: TicketId, draft: Draft, opened: Opened, *, now: datetime
) -> tuple[Ticket, Message]:
    """Answer the contact: stored as queued with its outbox row, or as sent where the far end reads along.

    Raises SpokenSince with the missed messages if somebody wrote after `draft.last_seen`.
    """
    _check(draft, opened)
    ticket = await unit.tickets.hold(ticket_id, desk.access)
    if not draft.send_anyway:
        await _nobody_spoke(unit, ticket, draft, desk.manager)
    message = await _message(unit, desk, ticket, draft, now=now)
    message = replace(message, delivery=Delivery.SENT if opened.capabilities.live else Delivery.QUEUED)
    if opened.undo:
        message = replace(message, send_at=now + opened.undo, meta=message.meta | remembered(ticket))
    if opened.capabilities.recipients:
        heard = await unit.messages.last_heard_in(ticket.inbox_id, ticket.id)
        chosen = await addressed(unit, ticket, draft.recipients, heard, own=desk.own)
        await check_reachable(unit, chosen)
        message = replace(message, recipients=chosen)
    if draft.send_at is not None:
        planned = Plan(draft.send_at, unless_answered=draft.unless_answered, solve=draft.solve)
        return await schedule(unit, ticket, message, planned, opened, now=now)
    moved = answered(ticket, draft.text, solve=draft.solve, now=now)
    return await send(unit, desk.blobs, moved, message, opened, now=now)


async def send(
    unit: Unit, blobs: Blobs, ticket: Ticket, message: Message, opened: Opened, *, now: datetime
) -> tuple[Ticket, Message]:
    """Store an outbound message with its way out, and the ticket that it moved."""
    await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, ClockKind.SNOOZE, ClockKind.CLOSE, now=now)
    await start_closing(unit, ticket, now=now)
    frozen = None
    if isinstance(opened.connection, Prepares):
        external_id, frozen = opened.connection.prepare(await outgoing(unit, blobs, ticket, message))
        message = replace(message, external_id=external_id)
    if opened.capabilities.live:
        await start_continuing(unit, ticket, opened, now=now)
        return await _shown(unit, ticket, message, now=now)
    saved = await unit.tickets.save(ticket, now=now)
    await unit.messages.add(message)
    await unit.outbox.add(message.id, ticket.inbox_id, ticket.id, run_at=message.send_at or now, frozen=frozen)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
    return saved, message


async def _shown(unit: Unit, ticket: Ticket, message: Message, *, now: datetime) -> tuple[Ticket, Message]:
    """Put a message where its visitor reads along, and after it the end of the matter if it was that."""
    seq = ticket.public_seq + 1
    ticket = replace(ticket, public_seq=seq)
    if ticket.state is State.SOLVED:
        ticket = await tell_visitor(unit, ticket, now=now)
    saved = await unit.tickets.save(ticket, now=now)
    await unit.messages.add(message)
    await unit.visitors.log(PublicEntry(ticket.id, seq, message.id, public_view(message) | {"type": "message"}, now))
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
    return saved, message


async def note(unit: Unit, desk: Desk, ticket_id: TicketId, draft: Draft, *, now: datetime) -> tuple[Ticket, Message]:
    """Write an internal note; it never reaches the crowd."""
    ticket = await unit.tickets.hold(ticket_id, desk.access)
    message = replace(await _message(unit, desk, ticket, draft, now=now), kind=Kind.NOTE, direction=Direction.INTERNAL)
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(replace(message, parent_external_id=None))
    unit.record(ticket_event(EventType.NOTE_ADDED, saved, message))
    return saved, message


async def log_call(
    unit: Unit, desk: Desk, ticket_id: TicketId, call: Call, text: str, *, now: datetime
) -> tuple[Ticket, Message]:
    """Write down a call that no telephone system reported."""
    ticket = await unit.tickets.hold(ticket_id, desk.access)
    call = await _with_number(unit, ticket, call)
    draft = Draft(text=text, last_seen=ticket.last_seq)
    message = await _message(unit, desk, ticket, draft, now=now)
    direction = Direction.INBOUND if call.inbound else Direction.OUTBOUND
    message = replace(
        message, kind=Kind.CALL, call=call, direction=direction, delivery=Delivery.SENT, at=call.started_at or now
    )
    saved = await unit.tickets.save(after_call(ticket, call, at=now), now=now)
    await unit.messages.add(message)
    if saved.due_at is None:
        await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, now=now)
    elif call.wants_callback:
        due = Clock(ClockId(new_id()), ticket.id, ClockKind.CALLBACK, started_at=now, due_at=saved.due_at)
        await unit.clocks.start(due)
    await keep_closing(unit, ticket.state, saved, now=now)
    unit.record(ticket_event(EventType.CALL_CHANGED, saved, message))
    return saved, message


async def _with_number(unit: Unit, ticket: Ticket, call: Call) -> Call:
    """Return a call with the contact's number: without one it would count as a caller who hid it."""
    if ticket.contact_id is None:
        return call
    identities = (await unit.contacts.find(ticket.contact_id)).identities
    number = next((each.value for each in identities if each.kind is IdentityKind.PHONE), None)
    return replace(call, caller=number) if call.inbound else replace(call, callee=number)


async def retry(unit: Unit, access: Access, ticket_id: TicketId, message_id: MessageId, *, now: datetime) -> Message:
    """Send a failed or uncertain message again, by a person's decision, to those whom it did not reach."""
    ticket = await unit.tickets.hold(ticket_id, access)
    message = await unit.messages.find(ticket_id, message_id)
    if message.delivery not in {Delivery.FAILED, Delivery.UNCERTAIN}:
        raise TransitionRefused(f"This message is {message.delivery}; there is nothing to try again.")
    anew = replace(message, delivery=Delivery.QUEUED, error=None, meta=message.meta | failure_of(message))
    anew = replace(anew, recipients=again(message.recipients))
    await check_reachable(unit, anew.recipients)
    await unit.messages.save(anew)
    await unit.outbox.again(message.id, run_at=now)
    saved = await unit.tickets.save(ticket, now=now)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, anew))
    return anew


def _check(draft: Draft, opened: Opened) -> None:
    if not opened.capabilities.replies:
        raise Invalid("This channel takes no written replies.")
    if not opened.inbox.active:
        raise SwitchedOff
    if len(draft.text) > opened.capabilities.text_limit:
        raise Invalid(f"A message here has at most {opened.capabilities.text_limit} characters.")
    if draft.recipients and not opened.capabilities.recipients:
        raise Invalid("In this channel an answer goes to nobody else.")
    if draft.uploads and not opened.capabilities.attachments:
        raise Invalid("This channel takes no attachments.")


async def _nobody_spoke(unit: Unit, ticket: Ticket, draft: Draft, me: Manager) -> None:
    if ticket.last_seq <= draft.last_seen:
        return
    missed = [m for m in await unit.messages.since(ticket.id, draft.last_seen) if _counts(m, me)]
    if missed:
        raise SpokenSince(tuple(missed))


def _counts(message: Message, me: Manager) -> bool:
    """A colleague's note changes nothing for the contact; one's own words are known."""
    if message.delivery is Delivery.WITHDRAWN:
        return False
    is_ours_again = message.direction is Direction.OUTBOUND and message.manager_id is None  # mailed to who had left
    return message.direction is not Direction.INTERNAL and message.manager_id != me.id and not is_ours_again


async def _message(unit: Unit, desk: Desk, ticket: Ticket, draft: Draft, *, now: datetime) -> Message:
    parent = await _parent(unit, ticket, draft)
    attachments = await unit.messages.take_uploads(list(draft.uploads), desk.manager.id) if draft.uploads else ()
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        at=now,
        text=draft.text,
        subject=ticket.subject,
        language=desk.languages.written_in(draft.text, ticket.language),
        author_name=desk.manager.name,
        manager_id=desk.manager.id,
        parent_external_id=parent.external_id if parent else None,
        attachments=attachments,
    )


async def _parent(unit: Unit, ticket: Ticket, draft: Draft) -> Message | None:
    """Return what is answered: the named message; in public else the latest, so that every try answers the same."""
    if draft.parent_id:
        return await unit.messages.find(ticket.id, draft.parent_id)
    return await unit.messages.last_inbound(ticket.id) if ticket.public else None
