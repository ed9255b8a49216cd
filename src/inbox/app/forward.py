"""Passes a message on to somebody else, behind the contact's back: a mail of its own, kept in the ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from inbox.app.audience import check
from inbox.app.opened import Opened
from inbox.app.outgoing import ASIDE, FORWARDS, outgoing
from inbox.app.ports import Unit
from inbox.app.reply import Desk
from inbox.app.suppress import check_reachable
from inbox.app.views import ticket_event
from inbox.channel.contract import Prepares
from inbox.domain.events import EventType
from inbox.domain.holding import remembered
from inbox.domain.ids import AttachmentId, MessageId, new_id
from inbox.domain.message import Attachment, Delivery, Direction, Kind, Message
from inbox.domain.recipients import Recipient, distinct
from inbox.domain.ticket import Ticket, noted
from inbox.errors import Invalid, NotFound, SwitchedOff, TooLarge


@dataclass(frozen=True, slots=True)
class Forwarding:
    """To whom a message is passed on, and with what."""

    recipients: tuple[Recipient, ...]
    text: str = ""  # above what is passed on
    files: tuple[UUID, ...] | None = None  # of the message's own; None: all
    uploads: tuple[UUID, ...] = ()


async def forward(
    unit: Unit, desk: Desk, source: Message, wanted: Forwarding, opened: Opened, *, now: datetime
) -> Message:
    """Pass a message on. The contact waits for us as before: this is no answer to them, and they never see it.

    Whoever gets it and answers takes part in the ticket aside: what they write is not quoted to the contact.
    """
    ticket = await unit.tickets.hold(source.ticket_id, desk.access)
    recipients = await _recipients(unit, desk, wanted, source, opened)
    files = await _files(unit, desk, wanted, source, limit=opened.capabilities.attachment_limit)
    message = _message(desk, ticket, source, wanted.text, now=now)
    message = replace(message, recipients=recipients, attachments=files)
    if opened.undo:
        message = replace(message, send_at=now + opened.undo, meta=message.meta | remembered(ticket))
    return await _queue(unit, desk, ticket, message, opened, now=now)


async def _queue(unit: Unit, desk: Desk, ticket: Ticket, message: Message, opened: Opened, *, now: datetime) -> Message:
    frozen = None
    if isinstance(opened.connection, Prepares):
        external_id, frozen = opened.connection.prepare(await outgoing(unit, desk.blobs, ticket, message))
        message = replace(message, external_id=external_id)
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(message)
    await unit.outbox.add(message.id, ticket.inbox_id, ticket.id, run_at=message.send_at or now, frozen=frozen)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
    return message


async def _recipients(
    unit: Unit, desk: Desk, wanted: Forwarding, source: Message, opened: Opened
) -> tuple[Recipient, ...]:
    if not opened.capabilities.recipients:
        raise Invalid("In this channel nothing can be passed on.")
    if not opened.inbox.active:
        raise SwitchedOff
    if source.kind is not Kind.MESSAGE or source.deleted_at or source.delivery is Delivery.WITHDRAWN:
        raise Invalid("Only what was written to us or by us is passed on.")
    chosen = distinct(wanted.recipients)
    if not chosen:
        raise Invalid("Name somebody.", pointer="/to")
    check(chosen, own=desk.own)
    await check_reachable(unit, chosen)
    return chosen


async def _files(unit: Unit, desk: Desk, wanted: Forwarding, source: Message, *, limit: int) -> tuple[Attachment, ...]:
    """Return files of the forward's own: the same bytes, under ids that live and die with it."""
    theirs = {file.id: file for file in source.attachments}
    chosen = list(theirs) if wanted.files is None else [AttachmentId(each) for each in dict.fromkeys(wanted.files)]
    if not theirs.keys() >= set(chosen):
        raise NotFound("There is no such attachment.")
    copied = [replace(theirs[each], id=AttachmentId(new_id()), inline=False, content_id=None) for each in chosen]
    own = await unit.messages.take_uploads(list(wanted.uploads), desk.manager.id) if wanted.uploads else ()
    files = (*copied, *own)
    if sum(file.size for file in files) > limit:
        raise TooLarge(f"All files together have at most {limit // 1_000_000} MB.")
    return files


def _message(desk: Desk, ticket: Ticket, source: Message, text: str, *, now: datetime) -> Message:
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        at=now,
        text=text,
        delivery=Delivery.QUEUED,
        subject=source.subject or ticket.subject,
        author_name=desk.manager.name,
        manager_id=desk.manager.id,
        # Who answered aside is answered, as anybody would be; what is passed on begins a thread of its own.
        parent_external_id=source.external_id if ASIDE in source.meta else None,
        meta={FORWARDS: str(source.id)},
    )
