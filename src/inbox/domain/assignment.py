"""Which manager gets a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from inbox.domain.ids import CampaignId, InboxId
from inbox.domain.manager import Availability, Manager

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def may_take(manager: Manager, inbox_id: InboxId, campaign_id: CampaignId | None) -> bool:
    """Tell whether a manager is online, allowed and below capacity: nobody else is ever assigned anything."""
    return (
        manager.active
        and manager.availability is Availability.ONLINE
        and manager.load < manager.capacity
        and manager.access.sees(inbox_id, campaign_id)
    )


def in_order(managers: Iterable[Manager], inbox_id: InboxId, campaign_id: CampaignId | None) -> list[Manager]:
    """Return who may take a ticket, the least loaded first, of equals the longest idle."""
    return sorted((m for m in managers if may_take(m, inbox_id, campaign_id)), key=_load_then_idle)


def _load_then_idle(manager: Manager) -> tuple[float, datetime, str]:
    return (manager.load / manager.capacity, manager.assigned_at or _LONG_AGO, str(manager.id))
