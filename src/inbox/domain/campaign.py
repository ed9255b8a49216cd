"""Clients and the campaigns that are run for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True, slots=True)
class Team:
    """Managers who share a queue and skills."""

    id: TeamId
    name: str
    members: frozenset[ManagerId] = frozenset()
    version: int = 0
