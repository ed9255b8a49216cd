"""The rulebook: what a lead wrote down about teams, lanes, weights and targets, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inbox.domain.ids import CampaignId, ClientId, InboxId, TeamId
from inbox.domain.lanes import Lane
from inbox.domain.ticket import Priority

USUAL_WEIGHT = 10  # hundredths of a person
USUAL_TARGET = 240  # minutes
CALL = "call"


@cache
def zone_of(name: str) -> tzinfo:
    """Return a zone by its name; UTC for one that this machine does not know, since a message must not wait for it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


class Stop(StrEnum):
    """Which of the matching rules decide."""

    FIRST = "first"  # the first one alone
    ALL = "all"  # all of them; of two that set the same, the upper one


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the week, on the clocks of a place; one that ends before it begins goes on past midnight."""

    zone: str  # IANA name
    days: frozenset[int] = frozenset(range(7))  # 0 is Monday: the day on which it begins
    since: time = time(0)
    until: time = time(0)

    def hold(self, at: datetime) -> bool:
        """Tell whether a moment lies within."""
        local = at.astimezone(zone_of(self.zone))
        now, today = local.time(), local.weekday()
        if self.since < self.until:
            return today in self.days and self.since <= now < self.until
        return (today in self.days and now >= self.since) or ((today - 1) % 7 in self.days and now < self.until)


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule matches: all that is said must hold; what is not said does not matter."""

    inboxes: frozenset[InboxId] = frozenset()
    channels: frozenset[str] = frozenset()
    campaigns: frozenset[CampaignId] = frozenset()
    clients: frozenset[ClientId] = frozenset()
    languages: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()  # any of these words or phrases
    without: tuple[str, ...] = ()  # none of these
    roles: frozenset[str] = frozenset()  # the contact has any of these
    hours: Hours | None = None
    first: bool | None = None  # the contact's first message to us
    public: bool | None = None
    asks: bool | None = None  # the text shows that somebody wants an answer
    at_most: int | None = None  # words in the text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decides; what it does not say it leaves to others."""

    team_id: TeamId | None = None
    skills: tuple[str, ...] = ()
    priority: Priority | None = None
    lane: Lane | None = None
    tags: tuple[str, ...] = ()
    target: int | None = None  # minutes


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rulebook."""

    id: str  # stays the same when the rule is changed or moved
    name: str
    when: Conditions = Conditions()
    then: Outcome = Outcome()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that routing is told: rules in order, weights and targets."""

    rules: tuple[Rule, ...] = ()
    stop: Stop = Stop.ALL
    weights: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # channel: hundredths of a person
    targets: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # channel: minutes
    inbox_targets: Mapping[InboxId, int] = field(default_factory=lambda: MappingProxyType({}))  # minutes
    vip_factor: int = 50  # percent of the target that is left to who has one of these roles
    vip_roles: frozenset[str] = frozenset({"vip"})
    fallback_languages: tuple[str, ...] = ()

    def weight(self, facts: Facts) -> int:
        """Return how much of a person a ticket takes."""
        return self.weights.get(facts.channel, facts.usual_weight)

    def target(self, facts: Facts) -> int:
        """Return within how many minutes a ticket is to be answered."""
        of_channel = self.targets.get(facts.channel, facts.usual_target)
        return self.inbox_targets.get(facts.inbox_id, of_channel)

    def due_within(self, minutes: int, roles: frozenset[str]) -> timedelta:
        """Return a target as it is for a person."""
        return timedelta(minutes=minutes) * (self.vip_factor if roles & self.vip_roles else 100) / 100


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may read: of what arrived, and of who sent it."""

    inbox_id: InboxId
    channel: str
    at: datetime
    text: str = ""  # the subject with it
    language: str | None = None
    campaign_id: CampaignId | None = None
    client_id: ClientId | None = None  # of the campaign
    campaign_team: TeamId | None = None
    roles: frozenset[str] = frozenset()
    first: bool = False
    public: bool = False
    sign: str | None = None  # known beforehand: whoever calls wants an answer
    usual_weight: int = USUAL_WEIGHT  # of the channel, where the rulebook does not name it
    usual_target: int = USUAL_TARGET  # minutes


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, and by what."""

    rule: Rule
    because: tuple[Mapping[str, Any], ...]  # facts, each with its name in `fact`


@dataclass(frozen=True, slots=True)
class Routed:
    """What was decided about a ticket."""

    lane: Lane
    weight: int
    target: timedelta  # of normal priority
    team_id: TeamId | None = None
    skills: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    minutes: int = USUAL_TARGET  # the target before the person counts
    asks: str | None = None  # the sign by which the text asks for an answer
    matches: tuple[Match, ...] = ()  # the rules that decided

    def lane_rule(self) -> Match | None:
        """Return the rule that proposed the lane; None: nothing spoke against answering."""
        return next((match for match in self.matches if match.rule.then.lane is not None), None)
