"""The rulebook as the API takes and shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints, model_validator

from inbox.api.bodies import Clean, Language, Line, Strict, Tag, Version
from inbox.api.shapes import Id, Shape, TicketShape, Time
from inbox.domain.rulebook import Rulebook
from inbox.domain.rulebook_document import from_document
from inbox.domain.words import words_of


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("is not the name of a time zone, such as Europe/Berlin")
    return zone


def _said(phrase: str) -> str:
    if not words_of(phrase):
        raise ValueError("must hold a word that can be looked for")
    return phrase


Phrase = Annotated[
    str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True), Clean, AfterValidator(_said)
]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=500)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=20)]
Ids = Annotated[tuple[UUID, ...], Field(max_length=200)]
Channel = Annotated[str, StringConstraints(min_length=1, max_length=60), Clean]
Channels = Annotated[tuple[Channel, ...], Field(max_length=50)]
Languages = Annotated[tuple[Language, ...], Field(max_length=30)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known)]
Day = Annotated[StrictInt, Field(ge=0, le=6, description="0 is Monday")]
Minutes = Annotated[StrictInt, Field(ge=1, le=60 * 24 * 365)]
Weight = Annotated[StrictInt, Field(ge=1, le=10_000, description="hundredths of a person")]
RuleId = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]


class HoursBody(Strict):
    """A part of the week, on the clocks of a place; one that ends before it begins goes on past midnight."""

    zone: Zone
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)]
    since: Clock
    until: Clock


class ConditionsBody(Strict):
    """When a rule matches: all that is said must hold; an empty list or null says nothing."""

    inboxes: Ids = ()
    channels: Channels = ()
    campaigns: Ids = ()
    clients: Ids = ()
    languages: Languages = ()
    words: Phrases = Field(default=(), description="any of these words or phrases, whole, whatever case and accents")
    without: Phrases = Field(default=(), description="none of these")
    roles: Tags = Field(default=(), description="the contact has any of these")
    hours: HoursBody | None = None
    first: StrictBool | None = Field(default=None, description="the contact's first message")
    public: StrictBool | None = None
    asks: StrictBool | None = Field(default=None, description="the text shows that somebody wants an answer")
    at_most: Annotated[StrictInt, Field(ge=1, le=10_000, description="words in the text")] | None = None


class OutcomeBody(Strict):
    """What a rule decides; null and empty lists are left to other rules."""

    team_id: UUID | None = None
    skills: Tags = ()
    priority: Annotated[StrictInt, Field(ge=0, le=3)] | None = None
    lane: Literal["answer", "thank", "nothing", "spam"] | None = None
    tags: Tags = ()
    target: Minutes | None = Field(default=None, description="minutes")


class RuleBody(Strict):
    """One rule; its id stays the same when it is changed or moved."""

    id: RuleId
    name: Line
    active: StrictBool = True
    when: ConditionsBody = ConditionsBody()
    then: OutcomeBody = OutcomeBody()


class RulebookBody(Strict):
    """Rules in order, weights and targets."""

    stop: Literal["first", "all"] = Field(default="all", description="the first match decides alone, or all do")
    rules: Annotated[tuple[RuleBody, ...], Field(max_length=300)] = ()
    weights: Annotated[dict[Channel, Weight], Field(max_length=50, default_factory=dict)]
    targets: Annotated[dict[Channel, Minutes], Field(max_length=50, default_factory=dict)]
    inbox_targets: Annotated[dict[UUID, Minutes], Field(max_length=500, default_factory=dict)]
    vip_factor: Annotated[StrictInt, Field(ge=1, le=1_000, description="percent of the target")] = 50
    vip_roles: Tags = ("vip",)
    fallback_languages: Languages = ()

    @model_validator(mode="after")
    def _named_once(self) -> RulebookBody:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("two rules have the same id")
        return self

    def book(self) -> Rulebook:
        """Return it as a value."""
        return from_document(self.model_dump(mode="json"))


class NewRulebook(Strict):
    """A rulebook, as made from `version`."""

    version: Version
    document: RulebookBody
    note: Annotated[str, StringConstraints(max_length=300, strip_whitespace=True), Clean] = ""


class RulebookTrial(Strict):
    """A rulebook to try on a ticket; without one, that which counts."""

    ticket_id: UUID
    document: RulebookBody | None = None


class RoutingShape(Shape):
    """A version of the rulebook."""

    version: int = Field(description="0: the shipped one")
    document: RulebookBody
    saved_by: Id | None = Field(description="null: a program, or nobody yet")
    saved_at: Time | None
    note: str


class VersionShape(Shape):
    """A version, without its rules."""

    version: int
    saved_by: Id | None
    saved_at: Time | None
    note: str
    rules: int = Field(description="how many")


class VerdictShape(Shape):
    """What one rule says about the ticket."""

    rule_id: str
    name: str
    matches: bool
    decides: bool = Field(description="it matches and is not cut off by an upper one")
    because: list[dict[str, Any]]
    missed: str | None = Field(description="the condition that does not hold; `off`: the rule is switched off")


class DecidedShape(Shape):
    """What would be decided."""

    lane: Literal["answer", "thank", "nothing", "spam"]
    team_id: Id | None
    skills: list[str]
    priority: int
    tags: list[str]
    weight: int
    target: int = Field(description="minutes, with what the person counts")
    lane_why: dict[str, Any]
    why: dict[str, Any] | None


class TrialShape(Shape):
    """What a rulebook decides about a real ticket."""

    ticket: TicketShape
    text: str = Field(description="what the rules looked at")
    decided: DecidedShape
    verdicts: list[VerdictShape]
