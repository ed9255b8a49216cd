"""Puts together what a channel needs to send a message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from inbox.app.ports import Unit
from inbox.channel.model import File, Outgoing, PassedOn
from inbox.domain.contact import IdentityKind
from inbox.domain.ids import MessageId
from inbox.domain.message import Attachment, Message
from inbox.domain.ticket import Ticket

WRITTEN_TO = "to"  # of a message's meta: the one address that it goes to, whatever else is known of the contact
FORWARDS = "forwards"  # of a message's meta: the message that it passes on
ASIDE = "aside"  # of a message's meta: its writer was written to behind the contact's back, who never sees it
ACKNOWLEDGES = "acknowledges"  # of a message's meta: the message of whose arrival it tells


def is_acknowledgement(message: Message) -> bool:
    """Tell whether no person wrote a message of ours, and none is to be asked about it."""
    return ACKNOWLEDGES in message.meta


class Blobs(Protocol):
    """Where attachments lie by their hash."""

    async def read(self, sha256: str) -> bytes:
        """Return the bytes under a hash."""

    def open(self, sha256: str) -> Path:
        """Return the file of a hash, for reading only."""


async def outgoing(
    unit: Unit, blobs: Blobs, ticket: Ticket, message: Message, *, frozen: bytes | None = None
) -> Outgoing:
    """Gather a message with whom it is for and what it answers."""
    forwarded = await _forwarded(unit, message)
    if forwarded is not None:
        return _passed_on(message, forwarded, ticket, files=await _files(blobs, message.attachments), frozen=frozen)
    parent = await _answered(unit, ticket, message)
    return Outgoing(
        id=message.id,
        ticket_id=ticket.id,
        inbox_id=message.inbox_id,
        text=message.text,
        at=message.at,
        from_name=message.author_name or "",
        subject=message.subject or ticket.subject,
        to=await _addresses(unit, ticket, message),
        recipients=message.recipients,
        thread=ticket.thread,
        parent_external_id=parent.external_id if parent else None,
        references=await unit.messages.external_ids(ticket.id),
        parent_meta=parent.meta if parent else {},
        quote=parent.text if parent and not is_acknowledgement(message) else None,
        automatic=is_acknowledgement(message),
        language=message.language or ticket.language,
        files=await _files(blobs, message.attachments),
        frozen=frozen,
    )


async def _forwarded(unit: Unit, message: Message) -> Message | None:
    if FORWARDS not in message.meta:
        return None
    return await unit.messages.own(message.inbox_id, MessageId(UUID(message.meta[FORWARDS])))


def _passed_on(
    message: Message, source: Message, ticket: Ticket, *, files: tuple[File, ...], frozen: bytes | None
) -> Outgoing:
    """Return a message that passes another on: a thread of its own, or the one of who answered aside."""
    answers = message.parent_external_id is not None
    return Outgoing(
        id=message.id,
        ticket_id=message.ticket_id,
        inbox_id=message.inbox_id,
        text=message.text,
        at=message.at,
        from_name=message.author_name or "",
        subject=message.subject,
        recipients=message.recipients,
        parent_external_id=message.parent_external_id,
        parent_meta=source.meta if answers else {},
        quote=source.text if answers else None,
        passes_on=None if answers else _shown(source, language=ticket.language),
        files=files,
        frozen=frozen,
    )


def _shown(source: Message, *, language: str | None) -> PassedOn:
    return PassedOn(
        author=source.author_name,
        address=source.meta.get("from"),
        at=source.at,
        text="\n\n".join(part for part in (source.text, source.quoted) if part),
        subject=source.subject,
        recipients=source.recipients,
        language=language,
    )


async def _answered(unit: Unit, ticket: Ticket, message: Message) -> Message | None:
    """Return the message that this one answers: the named one, else the contact's latest; never a stranger's."""
    if message.parent_external_id is not None:
        named = await unit.messages.by_external_id(message.inbox_id, message.parent_external_id)
        is_open = named is None or ASIDE not in named.meta
        if is_open and (named is None or not named.unverified or named.contact_id == ticket.contact_id):
            return named
    return await unit.messages.last_heard_in(message.inbox_id, ticket.id)


async def _addresses(unit: Unit, ticket: Ticket, message: Message) -> tuple[str, ...]:
    if WRITTEN_TO in message.meta:
        return (message.meta[WRITTEN_TO],)
    if ticket.contact_id is None:
        return ()
    return await unit.contacts.addresses(ticket.contact_id, IdentityKind.EMAIL)


async def _files(blobs: Blobs, attachments: Sequence[Attachment]) -> tuple[File, ...]:
    return tuple([File(a.name, await blobs.read(a.sha256), a.mime) for a in attachments])
