"""Messages: what was said, by whom, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inbox.domain.calls import Call
from inbox.domain.ids import AttachmentId, ContactId, InboxId, ManagerId, MessageId, OriginalId, TicketId
from inbox.domain.recipients import Recipient


class Kind(StrEnum):
    """What sort of thing was said."""

    MESSAGE = "message"
    NOTE = "note"
    CALL = "call"


class Direction(StrEnum):
    """Who said it to whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Delivery(StrEnum):
    """Where a message is on its way. Inbound ones are `received` for ever; a `queued` one has surely not arrived."""

    RECEIVED = "received"
    SCHEDULED = "scheduled"  # waits for its time
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"  # taken back before it left: nobody got it


REUSED_ID = "reused_id"  # of a message's `meta`: another one with other content had its id before
BY_RULES = ("cleaner", "remote_images", "invitation", "seal")  # of a message's `meta`: how it is shown by today's rules


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message; its bytes lie under their hash."""

    id: AttachmentId
    name: str
    mime: str  # sniffed by us, never the sender's word
    size: int  # bytes
    sha256: str
    content_id: str | None = None  # what a mail's HTML calls it: cid:…
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said in a ticket; immutable once sent, but for an author's own later edits."""

    id: MessageId
    ticket_id: TicketId
    inbox_id: InboxId
    seq: int  # its place in the ticket, from 1; one that was scheduled takes the last when it leaves
    kind: Kind
    direction: Direction
    at: datetime  # when it was said, by its source
    text: str
    delivery: Delivery = Delivery.RECEIVED
    html: str | None = None  # cleaned
    quoted: str | None = None  # what it repeats of earlier ones: shown folded, never deleted
    subject: str | None = None
    language: str | None = None  # found in the text; None: unknown
    author_name: str | None = None
    contact_id: ContactId | None = None
    manager_id: ManagerId | None = None
    external_id: str | None = None
    original_id: OriginalId | None = None  # what it was understood from, where that was kept first
    parent_external_id: str | None = None  # what a comment answers
    edition: int = 0  # its source's version of it
    unverified: bool = False  # whoever sent it holds our token, but is nobody of this ticket
    error: str | None = None
    send_at: datetime | None = None  # when it leaves, or left, if it had to wait
    unless_answered: bool = False  # it stays here if somebody has answered by then
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    call: Call | None = None
    attachments: tuple[Attachment, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)  # the channel's own, kept for its replies
