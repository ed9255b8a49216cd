"""Managers: who they are, what they may see, how much they can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from inbox.domain.ids import CampaignId, InboxId, ManagerId, TeamId


class Role(StrEnum):
    """What a manager may do; each includes the one before."""

    MANAGER = "manager"
    LEAD = "lead"
    ADMIN = "admin"

    @property
    def rank(self) -> Rank:
        """Return the role as a number that compares."""
        return Rank[self.name]

    def includes(self, other: Role) -> bool:
        """Tell whether this role may do what the other may."""
        return self.rank >= other.rank


class Rank(IntEnum):
    """The order of the roles."""

    MANAGER = 1
    LEAD = 2
    ADMIN = 3


class Availability(StrEnum):
    """Whether a manager takes new work."""

    ONLINE = "online"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Access:
    """Which inboxes and campaigns somebody may see; None: all of them.

    Asked by every route, push and search: `sees` for one ticket, and the store builds its filter from the same sets.
    """

    inboxes: frozenset[InboxId] | None = frozenset()
    campaigns: frozenset[CampaignId] | None = None

    def sees(self, inbox_id: InboxId | None, campaign_id: CampaignId | None = None) -> bool:
        """Tell whether a ticket of this inbox and campaign may be seen; unsorted ones need the inbox alone."""
        if inbox_id is None:
            return self.inboxes is None
        in_inbox = self.inboxes is None or inbox_id in self.inboxes
        return in_inbox and self.sees_campaign(campaign_id)

    def sees_campaign(self, campaign_id: CampaignId | None) -> bool:
        """Tell whether a campaign may be seen; None: nothing in particular."""
        return campaign_id is None or self.campaigns is None or campaign_id in self.campaigns


FULL_PERSON = 100  # all weights, loads and capacities are hundredths of a person at work
EVERYTHING = Access(inboxes=None, campaigns=None)


@dataclass(frozen=True, slots=True)
class Manager:
    """A person of ours who answers."""

    id: ManagerId
    email: str
    name: str
    role: Role
    active: bool = True
    availability: Availability = Availability.OFFLINE
    capacity: int = FULL_PERSON  # in hundredths of a person
    load: int = 0  # what they hold now, weighted, in the same unit
    holds: Mapping[str, int] = field(default_factory=dict)  # how many tickets of each channel
    weights: Mapping[str, int] = field(default_factory=dict)  # by channel, if not as usual
    skills: tuple[str, ...] = ()
    teams: frozenset[TeamId] = frozenset()
    silent: int = 0  # offers that they let pass in a row
    languages: tuple[str, ...] = ()
    locale: str = "en"
    access: Access = Access()
    assigned_at: datetime | None = None  # when last given a ticket
    version: int = 0
