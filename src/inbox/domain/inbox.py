"""Inboxes: configured uses of a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from inbox.domain.ids import CampaignId, InboxId

PATIENCE = timedelta(minutes=15)  # of being down, after which people are told who do not look at the desk


@dataclass(frozen=True, slots=True)
class Outage:
    """That an inbox is down: what is wrong with either way, None for one that works."""

    since: datetime
    receiving: str | None
    sending: str | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """One configured use of a channel: an address, a widget, a blog's comments, a phone line."""

    id: InboxId
    channel: str
    name: str
    config: dict[str, Any] = field(default_factory=dict, repr=False)  # opened; secrets are sealed in the store
    campaign_id: CampaignId | None = None  # for tickets that name no campaign
    active: bool = True
    version: int = 0
    created_at: datetime | None = None
    health: str = "unknown"  # unknown | ok | failing
    health_note: str | None = None
    health_at: datetime | None = None
    sending_fault: str | None = None  # why nothing gets out by it
    heard_at: datetime | None = None  # when the far end last answered one that fetches by itself
    received_at: datetime | None = None  # when that last brought something
    missed: int = 0  # of those: what was found only by comparing with the far end; there should be none
    failure: str | None = None  # what went wrong last; stays when all is well again
    failed_at: datetime | None = None
    down_since: datetime | None = None

    @property
    def outage(self) -> Outage | None:
        """Return what is wrong while something is; nobody misses an inbox that is switched off."""
        if self.down_since is None or not self.active:
            return None
        receiving = (self.health_note or "") if self.health == "failing" else None
        return Outage(self.down_since, receiving, self.sending_fault)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an inbox has fetched and nobody has understood yet."""

    count: int
    since: datetime
