"""The shapes of answers, for the OpenAPI document; a test compares them with what is answered."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from inbox.api.line_shapes import LineShape, ThreadingShape
from inbox.api.mail_shapes import InvitationShape, ReadShape, SealShape
from inbox.api.shape import Shape as Shape  # noqa: PLC0414 - exported: most look for it here

T = TypeVar("T")
Id = str
Time = str  # RFC 3339 in UTC, to the millisecond


class ContactRef(Shape):
    """Whose ticket it is."""

    id: Id | None
    name: str | None
    verified: bool


class ReasonShape(Shape):
    """Why the service decided as it did."""

    text: str = Field(description="English; screens write words of their own from the facts")
    facts: list[dict[str, Any]] = Field(description="each has `fact`, its name, and what belongs to it")


class TicketShape(Shape):
    """The work that one correspondence asks for."""

    id: Id
    number: int
    inbox_id: Id
    channel: str
    state: Literal["open", "waiting", "snoozed", "solved", "closed"]
    priority: int = Field(description="0 low, 1 normal, 2 high, 3 urgent")
    subject: str | None
    contact: ContactRef | None
    campaign_id: Id | None
    campaign_key: str | None = Field(description="named by the source, but not known here")
    tags: list[str]
    assignee_id: Id | None
    public: bool
    language: str | None
    last_line: str
    last_direction: Literal["inbound", "outbound", "internal"] | None
    last_seq: int
    waiting_since: Time | None
    snoozed_until: Time | None
    solved_at: Time | None
    due_at: Time | None = Field(description="by when we are to answer, or to call back")
    follows: Id | None
    merged_into: Id | None = Field(description="where its messages are now: it is but another name of that ticket")
    lane: Literal["answer", "thank", "nothing", "spam"]
    lane_by: Literal["rule", "manager"] | None = Field(description="null: nobody decided yet")
    lane_why: ReasonShape | None
    team_id: Id | None
    skills: list[str] = Field(description="what whoever answers must know")
    weight: int = Field(description="how much of a person it takes, in hundredths")
    target: int = Field(description="seconds within which one of normal priority is to be answered")
    assigned_at: Time | None
    assigned_why: ReasonShape | None
    offered_to: Id | None
    offered_until: Time | None
    declined_by: list[Id]
    created_at: Time
    updated_at: Time
    version: int


class AuthorShape(Shape):
    """Who said it."""

    kind: Literal["contact", "manager", "system"]
    id: Id | None
    name: str | None
    verified: bool


class CallShape(Shape):
    """What is known of a call."""

    state: str
    inbound: bool
    caller: str | None
    callee: str | None
    started_at: Time | None
    answered_at: Time | None
    ended_at: Time | None
    duration: int | None = Field(description="seconds of talk")
    recording_url: str | None
    transcript: str | None


class AttachmentShape(Shape):
    """A file of a message; its type was found in its bytes."""

    id: Id
    name: str
    mime: str
    size: int
    inline: bool
    content_id: str | None


class RecipientShape(Shape):
    """Whom a message is for."""

    address: str
    name: str | None
    role: Literal["to", "cc", "bcc"]
    state: Literal["sent", "delayed", "failed", "uncertain"] | None = Field(
        description="whether it reached them; null: not known (yet)"
    )
    note: str | None = Field(description="the far end's words")


class SuppressionShape(Shape):
    """An address that is not written to."""

    address: str
    reason: str = Field(description="the far end's words, or a person's")
    at: Time
    ticket_id: Id | None = Field(description="where it was found out")


class AddressShape(Shape):
    """What is known of an address."""

    address: str
    known: bool = Field(description="somebody wrote from it, or the platform named it")
    name: str | None
    suppressed: SuppressionShape | None = Field(description="why it is not written to; null: it is")


class AudienceShape(Shape):
    """Whom an answer may go to."""

    reply: list[RecipientShape] = Field(description="the contact alone; empty: nobody to write to")
    reply_all: list[RecipientShape] = Field(description="everybody who was in what is answered")


class MessageShape(Shape):
    """One thing said."""

    id: Id
    ticket_id: Id
    inbox_id: Id = Field(description="through which it came or left; for a mailed chat another one than the ticket's")
    seq: int
    kind: Literal["message", "note", "call"]
    direction: Literal["inbound", "outbound", "internal"]
    at: Time
    author: AuthorShape
    text: str
    html: str | None = Field(
        description="cleaned by today's rules, may begin with a style sheet; show it in a sandboxed frame"
    )
    quoted: str | None
    subject: str | None
    language: str | None = Field(description="found in the text; null: unknown")
    delivery: Literal[
        "received", "scheduled", "queued", "sending", "sent", "delivered", "failed", "uncertain", "withdrawn"
    ]
    error: str | None
    send_at: Time | None = Field(description="when it leaves, or left, if it had to wait")
    unless_answered: bool = Field(description="it stays here if somebody has answered by then")
    edited_at: Time | None
    deleted_at: Time | None
    external_id: str | None
    parent_external_id: str | None
    call: CallShape | None
    attachments: list[AttachmentShape]
    recipients: list[RecipientShape]
    unverified: bool
    reused_id: bool = Field(description="another message with other content came under the same id before")
    address: str | None = Field(description="that it was written from")
    forwards: Id | None = Field(description="the message of this ticket that it passes on to others")
    aside: bool = Field(description="from somebody whom it was passed on to: the contact does not see it")
    automatic: bool = Field(description="no person wrote it: our acknowledgement, an out-of-office answer, a report")
    remote_images: int
    invitation: InvitationShape | None
    seal: SealShape | None
    raw: bool = Field(description="what it was understood from can be downloaded")
    receipt: bool = Field(description="only tells that one of ours was seen; that one says so itself")
    read: list[ReadShape] = Field(description="who has seen it, as their programs tell")
    permalink: str | None
    moved: bool = Field(description="a person put it into this ticket")
    threading: ThreadingShape | None
    event: LineShape | None = Field(description="of a note that is but a line about its ticket")
    copy_to: str | None = Field(description="the address to which answers were mailed whose visitor had left the chat")
    truncated: bool = Field(description="true in events whose message is longer than they carry")


class SignatureShape(Shape):
    """What will stand below an answer."""

    language: str | None = Field(description="of the answer, by its words or else by its ticket")
    text: str


class ListOf(Shape, Generic[T]):
    """Some of a list."""

    items: list[T]
    next_cursor: str | None


class TicketList(ListOf[TicketShape]):
    """Some tickets, and the position of the stream that they are true at."""

    position: str


class EventShape(Shape):
    """A fact."""

    position: str
    type: str
    at: Time
    subject: Id
    data: dict[str, Any]


class EventList(Shape):
    """Events after a position."""

    items: list[EventShape]
    position: str
    resync: bool = Field(description="too far behind: fetch everything anew")


class Counters(Shape):
    """How much is where."""

    position: str
    queue: int
    mine: int
    unassigned: int
    thank: int = Field(description="open in this lane, as the two below; `queue` counts those to answer")
    nothing: int
    spam: int
    waiting: int
    snoozed: int
    quarantine: int
    by_channel: dict[str, int]
    by_campaign: dict[str, int]


class IdentityShape(Shape):
    """How a channel knows a contact."""

    kind: str
    value: str
    scope: str
    verified: bool


class ContactShape(Shape):
    """A person."""

    id: Id
    name: str | None
    language: str | None
    roles: list[str] = Field(description="what they are to us: vip, press, client")
    language_by: Literal["source", "texts", "person"] | None = Field(
        description="how it is known; what a person set, nothing changes by itself"
    )
    identities: list[IdentityShape]
    created_at: Time


class ContactWithTickets(ContactShape):
    """A person and their newest tickets."""

    tickets: list[TicketShape]


class ClientShape(Shape):
    """A client."""

    id: Id
    key: str
    name: str


class CampaignShape(Shape):
    """A campaign."""

    id: Id
    key: str
    name: str
    client_id: Id | None
    phase: str
    starts_on: str | None
    ends_on: str | None
    languages: list[str]
    team_id: Id | None
    topics: list[str]
    version: int


class OutageShape(Shape):
    """That an inbox is down: what is wrong with either way, null for one that works."""

    since: Time
    receiving: str | None
    sending: str | None


class InboxShape(Shape):
    """An inbox, without its secrets."""

    id: Id
    channel: str
    name: str
    active: bool
    config: dict[str, Any]
    campaign_id: Id | None
    health: Literal["ok", "failing", "unknown"]
    health_note: str | None
    health_at: Time | None
    down: OutageShape | None = Field(description="What is wrong while something is")
    heard_at: Time | None = Field(description="When the far end last answered an inbox that fetches by itself")
    received_at: Time | None = Field(description="When it last brought something")
    missed: int = Field(description="Found only by comparing with the far end, once an hour; there should be none")
    pending: int = Field(description="Fetched, and not understood yet")
    pending_since: Time | None
    failure: str | None = Field(description="What went wrong last, also when all is well again")
    failed_at: Time | None
    hook_url: str | None
    snippet: str | None
    capabilities: dict[str, Any]
    version: int


class NewInboxShape(InboxShape):
    """A new inbox, with the secrets that were made for it: shown this once."""

    secrets: dict[str, str]


class ChannelShape(Shape):
    """A kind of correspondence, with the schema of its settings."""

    kind: str
    title: dict[str, str]
    json_schema: dict[str, Any] = Field(alias="schema")
    capabilities: dict[str, Any]
    redirect_uri: str = Field(description="Where browsers come back that asked for a consent (OAuth 2.0)")


class HealthShape(Shape):
    """Whether settings work."""

    ok: bool
    note: str
    field: str | None


class QuarantineShape(Shape):
    """Something that could not be understood."""

    id: Id
    inbox_id: Id
    at: Time
    reason: str | None
    size: int
    content_type: str


class RetriedShape(Shape):
    """What became of another try."""

    state: Literal["understood", "quarantined"]
    reason: str | None


class UploadShape(Shape):
    """A file that waits for its message."""

    id: Id
    name: str
    mime: str
    size: int
