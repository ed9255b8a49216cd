"""Writes to visitors who left before they were answered: another inbox continues what was said live.

An answer in a live ticket starts a clock. When it rings, whoever was here since is given more time; whoever has seen
the answer is left alone; and whoever is gone gets all that they have not seen as one message, by the inbox that the
settings name, to the address that they gave. Clock, message and outbox row change in one transaction, so each answer is
written once; from there on it is a message like any other, with its delivery and its retry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inbox.app.change import tell_visitor_mailed
from inbox.app.limits import Limit, spend
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.outgoing import WRITTEN_TO, Blobs, outgoing
from inbox.app.ports import Unit
from inbox.app.views import ticket_event
from inbox.channel.contract import Continues, Prepares
from inbox.channel.model import Letter
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.events import EventType
from inbox.domain.ids import AttachmentId, ClockId, InboxId, MessageId, new_id
from inbox.domain.message import Attachment, Delivery, Direction, Kind, Message
from inbox.domain.recipients import Recipient
from inbox.domain.ticket import Ticket, noted
from inbox.errors import ConfigRejected, DeliveryFailed, Invalid, NotFound

# A typed address may be a stranger's: it gets little, however many visitors name it and are answered.
_STRANGERS = Limit("continued-stranger", 3, timedelta(days=1))
_KNOWN = Limit("continued-known", 12, timedelta(days=1))  # somebody wrote to us from it, or the platform signed it
_THROUGH = "through"  # of a message's meta: up to which place of the ticket it holds what was said


class NotMailed(DeliveryFailed):
    """The answer cannot be written to the visitor."""

    code = "not_mailed"


@dataclass(frozen=True, slots=True)
class Continuing:
    """Rings the clock `continue`."""

    inboxes: OpenInboxes
    blobs: Blobs

    async def __call__(self, unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
        """Write to whoever is gone, or look again later; return the ticket as it was saved."""
        try:
            live = await self.inboxes.get(ticket.inbox_id)
            if not isinstance(live.connection, Continues):
                return ticket
            return await self._continue(unit, ticket, live.connection, now=now)
        except (NotMailed, NotFound, Invalid, ConfigRejected) as error:
            return await _explain(unit, ticket, f"An answer could not be mailed: {error}", now=now)

    async def _continue(self, unit: Unit, ticket: Ticket, live: Continues, *, now: datetime) -> Ticket:
        inbox_id, unseen = live.continues_in(), await _unseen(unit, ticket)
        if inbox_id is None or not unseen or ticket.contact_id is None:
            return ticket
        last = await unit.visitors.last_visit(ticket.inbox_id, ticket.contact_id)
        if last is not None and last.at + live.grace() > now:
            await _start(unit, ticket, due_at=last.at + live.grace(), now=now)
            return ticket
        if last is None or last.address is None:
            return ticket
        writing = await self._writing(inbox_id)
        await _check_limit(unit, last.address, now=now)
        letter = live.letter(ticket.language)
        return await self._write(
            unit, ticket, writing, _message(ticket, writing, unseen, letter, last.address, now), now
        )

    async def _writing(self, inbox_id: InboxId) -> Opened:
        writing = await self.inboxes.get(inbox_id)
        if not writing.inbox.active or not writing.capabilities.starts_tickets:
            raise NotMailed(f"the inbox {writing.inbox.name} is switched off, or cannot write first.")
        return writing

    async def _write(self, unit: Unit, ticket: Ticket, writing: Opened, message: Message, now: datetime) -> Ticket:
        frozen = None
        if isinstance(writing.connection, Prepares):
            external_id, frozen = writing.connection.prepare(await outgoing(unit, self.blobs, ticket, message))
            message = replace(message, external_id=external_id)
        told = await tell_visitor_mailed(unit, noted(ticket), message.meta["copies"], now=now)
        saved = await unit.tickets.save(told, now=now)
        await unit.messages.add(message)
        await unit.outbox.add(message.id, writing.inbox.id, ticket.id, run_at=now, frozen=frozen)
        unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
        return saved


async def start_continuing(unit: Unit, ticket: Ticket, opened: Opened, *, now: datetime) -> None:
    """See to it that an answer reaches its visitor also when they are gone."""
    connection = opened.connection
    if isinstance(connection, Continues) and connection.continues_in() is not None:
        await _start(unit, ticket, due_at=now + connection.grace(), now=now)


async def _start(unit: Unit, ticket: Ticket, *, due_at: datetime, now: datetime) -> None:
    await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, ClockKind.CONTINUE, started_at=now, due_at=due_at))


async def _unseen(unit: Unit, ticket: Ticket) -> list[Message]:
    """Return what the visitor has neither seen nor been written."""
    before = await unit.messages.last_elsewhere(ticket)
    written = int(before.meta.get(_THROUGH, 0)) if before else 0
    unread = await unit.visitors.unread(ticket.id, ticket.public_seq)
    return [message for message in unread if message.seq > written and message.deleted_at is None]


async def _check_limit(unit: Unit, address: str, *, now: datetime) -> None:
    known = await unit.contacts.by_claims([Claim(IdentityKind.EMAIL, address)])
    wait = await spend(unit, (_KNOWN if known else _STRANGERS, address.casefold()), now=now)
    if wait:
        raise NotMailed("this address has had as many mails today as one may get that never wrote to us.")


async def _explain(unit: Unit, ticket: Ticket, words: str, *, now: datetime) -> Ticket:
    """Tell the team what did not happen: nothing is lost in silence."""
    note = Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.NOTE,
        direction=Direction.INTERNAL,
        at=now,
        text=words,
    )
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(note)
    unit.record(ticket_event(EventType.NOTE_ADDED, saved, note))
    return saved


def _message(
    ticket: Ticket, writing: Opened, unseen: Sequence[Message], letter: Letter, address: str, now: datetime
) -> Message:
    files = _files(unseen, limit=writing.capabilities.attachment_limit)
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=writing.inbox.id,
        seq=ticket.last_seq + 1,
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        at=now,
        text=_text(unseen, letter, with_names=not files),
        delivery=Delivery.QUEUED,
        subject=letter.subject,
        author_name=unseen[-1].author_name,
        attachments=files,
        recipients=(Recipient(address),),
        meta={WRITTEN_TO: address, _THROUGH: unseen[-1].seq, "copies": [str(message.id) for message in unseen]},
    )


def _text(unseen: Sequence[Message], letter: Letter, *, with_names: bool) -> str:
    """Join the answers; files that do not come along are at least named."""
    parts = [message.text for message in unseen if message.text]
    if with_names:
        parts += [f"[{file.name}]" for message in unseen for file in message.attachments]
    return "\n\n".join([*parts, "— — —", letter.closing])


def _files(unseen: Sequence[Message], *, limit: int) -> tuple[Attachment, ...]:
    """Return the files as this message's own; none if they are too much for one mail."""
    files = [file for message in unseen for file in message.attachments]
    if sum(file.size for file in files) > limit:
        return ()
    return tuple(replace(file, id=AttachmentId(new_id())) for file in files)
