"""Clients and the campaigns that are run for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from inbox.domain.ids import CampaignId, ClientId, ManagerId, TeamId


@dataclass(frozen=True, slots=True)
class Client:
    """The organisation that campaigns are run for (German: Auftraggeber)."""

    id: ClientId
    key: str  # the platform's own id for it
    name: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """The client's undertaking: goal, phases, languages, team."""

    id: CampaignId
    key: str  # the platform's own id for it; comments and chats name it
    name: str
    client_id: ClientId | None = None
    phase: str = "draft"  # draft | start | live | ending | after
    starts_on: date | None = None
    ends_on: date | None = None
    languages: tuple[str, ...] = ()
    team_id: TeamId | None = None
    topics: tuple[str, ...] = ()
    version: int = 0


class Mode(StrEnum):
    """How the tickets of a team come to its members."""

    ASSIGN = "assign"  # given at once
    OFFER = "offer"  # shown with a countdown, to be accepted
    PULL = "pull"  # taken by those who want them


@dataclass(frozen=True, slots=True)
class Team:
    """Managers who share a queue and skills."""

    id: TeamId
    name: str
    members: frozenset[ManagerId] = frozenset()
    mode: Mode = Mode.ASSIGN
    skills: tuple[str, ...] = ()  # of all its members
    overflow_to: tuple[TeamId, ...] = ()
    overflow_after: int = 50  # percent of the target
    offer_for: timedelta = timedelta(seconds=30)
    version: int = 0
