"""Inboxes: configured uses of a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inbox.domain.ids import CampaignId, InboxId


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
