"""The values that pass between the service and its channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from inbox.domain.calls import Call
from inbox.domain.contact import Claim
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.domain.message import Delivery, Kind
from inbox.domain.recipients import Recipient
from inbox.domain.threading import Threading

CONTRACT = 1


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data: the service never asks for its kind."""

    threading: Threading
    html: bool = False
    attachments: bool = False
    attachment_limit: int = 25 * 1024 * 1024  # bytes of one file
    text_limit: int = 100_000  # characters of one message
    public: bool = False  # everybody can read it
    starts_tickets: bool = False  # a manager may write first
    logs_by_hand: bool = False  # a manager may write down what happened elsewhere (a call)
    replies: bool = True
    subject: bool = False
    recipients: bool = False  # a message may go to several people, openly (To, Cc) or not (Bcc)
    hooks: bool = False  # is sent webhooks, so that its inboxes have an address for them
    live: bool = False  # the far end follows the ticket itself, so that committed means sent
    typing: bool = False
    edits: bool = False
    weight: int = 10  # how much of a person a ticket takes, in hundredths, unless the rules say otherwise
    target: timedelta = timedelta(hours=4)  # within which an answer is due, unless the rules say otherwise
    schedules: bool = False  # an answer may be sent at a time to come
    signs: bool = False  # puts a signature below an answer, which `Signs` shows
    recall: bool = False  # a person's answer is held for a moment before it is sent, for what has left is gone
    resend_safe: bool = False  # the far end knows a message that is sent again, so a lost answer is no doubt


@dataclass(frozen=True, slots=True)
class Sender:
    """Who says it, as the channel knows them; claims in order of trust."""

    claims: tuple[Claim, ...]
    name: str | None = None
    language: str | None = None  # of their account or browser (BCP 47): a hint


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message: its bytes, or where the channel put them."""

    name: str
    data: bytes = field(repr=False)
    mime: str = "application/octet-stream"  # the sender's word; ours is sniffed
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True)
class CampaignRef:
    """The campaign that a message names, in its platform's words."""

    key: str
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """That a message of ours did not reach somebody, as a far end reports it later."""

    recipient: str
    reason: str  # the far end's words
    permanent: bool = True  # False: it is still being tried
    status: str | None = None  # RFC 3463, where it is given
    gone: bool = False  # there is nobody behind this address: whatever is written there comes back


@dataclass(frozen=True, slots=True)
class Seen:
    """That a reader's program tells what became of a message of ours in front of them."""

    who: str
    how: Literal["displayed", "deleted"]  # deleted: without having been read


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Somebody else's message, as one that came in passes it on."""

    sender: Sender
    text: str
    html: str | None = None  # cleaned by the channel
    quoted: str | None = None
    subject: str | None = None
    cover: str = ""  # what whoever passes it on wrote above it
    references: tuple[str, ...] = ()  # the external ids of it and of what it answers, as far as they are known
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a channel understood it, new or newer than the last version of it.

    The service stores it once for each (inbox, external_id): a higher `version` replaces the shown text, an equal or
    lower one changes nothing, `deleted` leaves a tombstone (also before the message itself came), and the facts of a
    `call` are merged. Where a source may give one id to two messages, `meta["digest"]` of their content tells them
    apart. Of `meta` the service also reads `from`, the address that wrote, and `list`, that it came through a mailing
    list. Times are aware.
    """

    external_id: str
    sender: Sender
    at: datetime
    text: str = ""
    kind: Kind = Kind.MESSAGE
    outbound: bool = False  # we said it: a call we made, an answer written elsewhere; `sender` is whom it was said to
    author: str | None = None  # who of us wrote it elsewhere, as they name themselves
    html: str | None = None  # cleaned by the channel
    quoted: str | None = None
    subject: str | None = None
    thread: str | None = None  # the channel's own key of the thread
    thread_title: str | None = None
    references: tuple[str, ...] = ()  # external ids that it answers, nearest first
    ticket: TicketId | None = None  # proved by our own signed token
    number: int | None = None  # of a ticket, as its writer names it: proves nothing
    automatic: bool = False  # a machine wrote it, and may write without end; not what it reports of our own messages
    away: bool = False  # a machine says that its owner is not there: joins what they have open
    parent: str | None = None  # external id of the comment that it answers
    version: int = 0
    deleted: bool = False
    forwarded: Forwarded | None = None  # whom it passes on; counts if its sender is one of ours
    vouched: bool = False  # the inbox's own server says that the sender is who they say
    echo_of: MessageId | None = None  # our own message coming back
    echo_arrived: bool = True  # so it reached whom it was for; False: it shows only that somebody had it
    about: MessageId | None = None  # our own message that this reports on
    undelivered: tuple[Undelivered, ...] = ()  # whom that did not reach
    seen: Seen | None = None  # who has that before them
    call: Call | None = None
    wants_answer: bool = True  # of what we said: it is an answer
    proves: Mapping[str, Any] = field(default_factory=dict)  # settings that are true now: our own probe, and no message
    answerable: bool = False  # a machine may say that it is here: a person wrote it, whom an answer does not harm
    campaign: CampaignRef | None = None
    language: str | None = None  # what the source says of this text: a hint, a clear text counts more
    files: tuple[File, ...] = ()
    recipients: tuple[Recipient, ...] = ()  # whom its writer names as those it is for
    meta: Mapping[str, Any] = field(default_factory=dict)  # kept for our replies to it


@dataclass(frozen=True, slots=True)
class Told:
    """The words of a message that another one answers."""

    text: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Original:
    """Something as it arrived, kept before it is understood.

    `key` names it within its inbox for ever: the same key again is the same thing.
    """

    key: str
    body: bytes = field(repr=False)
    content_type: str
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Originals that a pulling channel fetched, and the cursor that is true once they are stored.

    Without originals it says that the far end was heard; one is due every minute at least.
    """

    originals: tuple[Original, ...]
    cursor: Mapping[str, Any]
    fault: str | None = None  # what does not work beside that, in words for the inbox's manager
    missed: bool = False  # they should have come earlier: the source showed them late, or we overlooked them


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """An HTTP request to an inbox's hook, as it arrived."""

    method: str
    path: str  # what follows /hooks/{inbox_id}
    headers: Mapping[str, str]  # lower-case names
    query: Mapping[str, str]
    body: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A message that one of ours passes on."""

    author: str | None
    address: str | None  # that it was written from
    at: datetime
    text: str
    subject: str | None = None
    recipients: tuple[Recipient, ...] = ()
    language: str | None = None  # of the words around it


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of ours on its way out."""

    id: MessageId
    ticket_id: TicketId
    inbox_id: InboxId
    text: str
    at: datetime
    from_name: str  # the manager as the crowd sees them
    subject: str | None = None
    to: tuple[str, ...] = ()  # every address of the contact, verified ones first; the channel writes to one of them
    recipients: tuple[Recipient, ...] = ()  # where the channel takes several: whom it is for; who has it has a state
    thread: str | None = None
    parent_external_id: str | None = None  # the inbound message that it answers
    references: tuple[str, ...] = ()  # external ids of the thread so far, oldest first
    parent_meta: Mapping[str, Any] = field(default_factory=dict)
    quote: str | None = None  # text of the answered message
    passes_on: PassedOn | None = None
    files: tuple[File, ...] = ()
    automatic: bool = False  # no person wrote it: it says so, and asks for no answer
    language: str | None = None  # what it is written in
    frozen: bytes | None = None  # what `Prepares.prepare` made of it when it was queued


@dataclass(frozen=True, slots=True)
class Letter:
    """The words around answers that are written to somebody who left before they saw them."""

    subject: str
    closing: str  # why they get it, and what an answer to it does


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The words that say that a message is here; nothing in them may come from whoever wrote it."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message that was handed over."""

    delivery: Delivery = Delivery.SENT
    external_id: str | None = None  # what the far end calls it
    note: str | None = None  # the far end's words
    undelivered: tuple[Undelivered, ...] = ()  # to whom, of several, it was not handed over


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an inbox works, in words for its manager."""

    ok: bool
    note: str = ""
    field: str | None = None  # the setting that is to blame
    level: Literal["ok", "failing", "unknown"] = "ok"
