"""The bodies that the API takes; unknown fields and wrong types are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from inbox.channel.reading import is_of_an_age
from inbox.domain.lanes import Lane


def _clean(text: str) -> str:
    """PostgreSQL holds no NUL, JSON readers choke on lone surrogates: neither is text."""
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    text.encode("utf-8")
    return text


Clean = AfterValidator(_clean)
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), Clean]
Body = Annotated[str, StringConstraints(min_length=1, max_length=100_000), Clean]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), Clean]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True), Clean]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Version = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


def _of_an_age(at: datetime) -> datetime:
    if not is_of_an_age(at):
        raise ValueError("must lie between 1970 and 2200")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_of_an_age), Field(description="RFC 3339, with a time zone")]


class Strict(BaseModel):
    """A body: nothing unknown, nothing converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


Address = Annotated[
    str,
    StringConstraints(
        max_length=254,
        strip_whitespace=True,
        pattern=r"^[^\s<>@,;:\"()\[\]\\]{1,64}@[^\s<>@,;:\"()\[\]\\]{1,250}$",
    ),
    Clean,
]


class Person(Strict):
    """Whom a message goes to."""

    address: Address
    name: Line | None = None


People = Annotated[list[Person], Field(max_length=50)]


def _dialable(phone: str) -> str:
    """Whatever has no digits would be the same number as anything else that has none."""
    if sum(character.isdecimal() for character in phone) < 3:
        raise ValueError("must hold three digits or more")
    return phone


Phone = Annotated[str, StringConstraints(max_length=32, pattern=r"^\+?[0-9 ()/.-]{3,}$"), AfterValidator(_dialable)]


def dialled(phone: str) -> str:
    """Return a number without what people put between its digits."""
    return "".join(character for character in phone if character in "+0123456789")


class To(Strict):
    """With whom a ticket begins: exactly one of the three."""

    contact_id: UUID | None = None
    email: Address | None = None
    phone: Phone | None = None
    name: Line | None = None


class LoggedCall(Strict):
    """A call that took place."""

    direction: Literal["inbound", "outbound"]
    at: Moment
    duration: Annotated[StrictInt, Field(ge=0, le=86_400)] = 0
    outcome: Literal["reached", "voicemail", "no_answer", "wrong_number"] = "reached"


class NewTicket(Strict):
    """A ticket that a manager begins."""

    inbox_id: UUID
    to: To
    text: Annotated[str, StringConstraints(max_length=100_000), Clean] = ""
    subject: Line | None = None
    campaign_id: UUID | None = None
    call: LoggedCall | None = None
    cc: People = []
    bcc: People = []


class TicketChange(Strict):
    """What changes of a ticket, as seen at `version`."""

    version: Version
    state: Literal["open", "waiting", "snoozed", "solved", "closed"] | None = None
    snoozed_until: Moment | None = None
    priority: Annotated[StrictInt, Field(ge=0, le=3)] | None = None
    tags: Annotated[list[Tag], Field(max_length=30)] | None = None
    subject: Line | None = None
    campaign_id: UUID | None = None
    lane: Lane | None = None
    language: Language | None = None
    team_id: UUID | None = None
    skills: Annotated[list[Tag], Field(max_length=30)] | None = None


class NewMessage(Strict):
    """A reply or an internal note."""

    kind: Literal["reply", "note"]
    text: Body
    last_seen: Version = 0
    solve: StrictBool = False
    send_anyway: StrictBool = False
    attachments: Annotated[list[UUID], Field(max_length=20)] = []
    parent_id: UUID | None = None
    to: Annotated[People, Field(description="left out: the contact, who must be one of them")] = []
    cc: People = []
    bcc: Annotated[People, Field(description="the others do not see them")] = []
    send_at: Annotated[Moment | None, Field(description="when an answer leaves; null: now")] = None
    unless_answered: Annotated[StrictBool, Field(description="it stays here if somebody has answered by then")] = False


class Written(Strict):
    """What has been written of an answer so far."""

    text: Annotated[str, StringConstraints(max_length=100_000), Clean] = ""


class Rescheduled(Strict):
    """When a scheduled answer leaves instead."""

    send_at: Moment | None = None
    unless_answered: StrictBool | None = None


class NewForward(Strict):
    """A message that is passed on."""

    to: Annotated[list[Person], Field(min_length=1, max_length=50)]
    cc: People = []
    bcc: People = []
    text: Annotated[str, StringConstraints(max_length=100_000), Clean] = ""
    files: Annotated[list[UUID] | None, Field(max_length=100, description="of the message; left out: all")] = None
    attachments: Annotated[list[UUID], Field(max_length=20, description="uploads besides")] = []


class NewSuppression(Strict):
    """An address that is to be written to no more."""

    address: Address
    reason: Line


class NewCall(LoggedCall):
    """A call written down in a ticket."""

    text: Annotated[str, StringConstraints(max_length=100_000), Clean] = ""


class Assignment(Strict):
    """To whom a ticket goes."""

    manager_id: UUID


class Merge(Strict):
    """Into which ticket another one goes."""

    into: UUID
    reason: Line | None = None
    different_contacts: StrictBool = Field(
        default=False, description="say that you mean it, where the tickets are of different people"
    )


class Split(Strict):
    """Which messages become a ticket of their own."""

    messages: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    subject: Line | None = None
    reason: Line | None = None


_WELL_FORMED: dict[str, TypeAdapter[str]] = {"email": TypeAdapter(Address), "phone": TypeAdapter(Phone)}


class IdentityBody(Strict):
    """An identity of a contact."""

    kind: Literal["email", "phone", "visitor", "platform_user"]
    value: Key
    scope: Annotated[str, StringConstraints(max_length=200), Clean] = ""
    verified: StrictBool = True

    @model_validator(mode="after")
    def _written_to(self) -> IdentityBody:
        """Mails and calls go to what is stored here: a line break in it would be another header."""
        if self.kind in _WELL_FORMED:
            try:
                _WELL_FORMED[self.kind].validate_python(self.value)
            except ValidationError as error:
                raise ValueError(f"value is no {self.kind}") from error
        return self

    @property
    def plain(self) -> str:
        """The value as every channel writes it."""
        return dialled(self.value) if self.kind == "phone" else self.value


Words = Annotated[list[Tag], Field(max_length=30)]  # a few short ones: tags, skills, roles


class ContactBody(Strict):
    """A contact, upserted by one of its verified identities."""

    name: Line | None = None
    language: Language | None = None
    roles: Words | None = None
    identities: Annotated[list[IdentityBody], Field(min_length=1, max_length=20)]


class ContactChange(Strict):
    """What changes of a contact."""

    name: Line | None = None
    language: Language | None = None
    roles: Words | None = None


class ClientBody(Strict):
    """A client under the platform's key."""

    name: Line


class NewClient(ClientBody):
    """A new client."""

    key: Key


class CampaignFields(Strict):
    """What is known of a campaign; fields that are left out stay as they are."""

    name: Line | None = None
    client_id: UUID | None = None
    phase: Literal["draft", "start", "live", "ending", "after"] | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    languages: Annotated[list[Language], Field(max_length=20)] | None = None
    team_id: UUID | None = None
    topics: Annotated[list[Line], Field(max_length=100)] | None = None


class NewCampaign(CampaignFields):
    """A new campaign."""

    key: Key
    name: Line


class CampaignChange(CampaignFields):
    """Changes of a campaign, as seen at `version`."""

    version: Version


class NewInbox(Strict):
    """A new inbox."""

    channel: Key
    name: Line
    config: dict[str, Any]
    campaign_id: UUID | None = None


class InboxChange(Strict):
    """Changes of an inbox, as seen at `version`; a secret that is null stays."""

    version: Version
    name: Line | None = None
    config: dict[str, Any] | None = None
    active: StrictBool | None = None
    campaign_id: UUID | None = None


class InboxTrial(Strict):
    """Settings to be tried before they are saved."""

    channel: Key
    config: dict[str, Any]
    inbox_id: UUID | None = None  # whose blank secrets are meant


def given(body: BaseModel, *without: str) -> dict[str, Any]:
    """Return the fields that the caller named, null ones included."""
    return {name: getattr(body, name) for name in body.model_fields_set if name not in without}
