"""Inboxes: added, tried, changed, shown without their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from inbox.app.opened import OpenInboxes
from inbox.app.ports import Unit
from inbox.app.views import moment
from inbox.channel.config import plain, read_config, secret_fields, with_kept_secrets, without_secrets
from inbox.channel.contract import Channel
from inbox.channel.model import Health
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import CampaignId, InboxId, new_id
from inbox.domain.inbox import Backlog, Inbox, Outage
from inbox.errors import Conflict, InboxError, StaleVersion


def inbox_view(
    inbox: Inbox, channel: Channel[Any], *, public_url: str, backlog: Backlog | None = None
) -> dict[str, Any]:
    """Show an inbox with its settings; secrets are null and never read back."""
    capabilities = channel.capabilities
    return {
        **_shown(inbox),
        "pending": backlog.count if backlog else 0,
        "pending_since": moment(backlog.since if backlog else None),
        "config": without_secrets(inbox.config, secret_fields(channel)),
        "hook_url": f"{public_url}/hooks/{inbox.id}" if capabilities.hooks else None,
        "snippet": _snippet(inbox, public_url) if capabilities.live else None,
        "capabilities": asdict(capabilities),
    }


def _shown(inbox: Inbox) -> dict[str, Any]:
    return {
        "id": str(inbox.id),
        "channel": inbox.channel,
        "name": inbox.name,
        "active": inbox.active,
        "campaign_id": str(inbox.campaign_id) if inbox.campaign_id else None,
        "health": "failing" if inbox.sending_fault else inbox.health,
        "health_note": inbox.health_note if inbox.health == "failing" else inbox.sending_fault or inbox.health_note,
        "health_at": moment(inbox.health_at),
        "down": _outage_view(inbox.outage),
        "heard_at": moment(inbox.heard_at),
        "received_at": moment(inbox.received_at),
        "missed": inbox.missed,
        "failure": inbox.failure,
        "failed_at": moment(inbox.failed_at),
        "version": inbox.version,
    }


def _outage_view(outage: Outage | None) -> dict[str, Any] | None:
    if outage is None:
        return None
    return {"since": moment(outage.since), "receiving": outage.receiving, "sending": outage.sending}


def _snippet(inbox: Inbox, public_url: str) -> str:
    return f'<script src="{public_url}/widget.js" data-inbox="{inbox.id}" async></script>'


def inbox_event(inbox: Inbox) -> NewEvent:
    """Return the fact that an inbox changed, without its settings."""
    return NewEvent(EventType.INBOX_CHANGED, inbox.id, {"inbox": _shown(inbox)}, inbox_id=inbox.id)


async def add_inbox(
    unit: Unit, channel: Channel[Any], name: str, config: Mapping[str, Any], *, campaign_id: CampaignId | None
) -> tuple[Inbox, dict[str, str]]:
    """Store a new inbox; returns it with the secrets that were made for it, shown this once."""
    checked = plain(read_config(channel, config))
    inbox = Inbox(InboxId(new_id()), channel.kind, name, checked, campaign_id)
    saved = await unit.inboxes.add(inbox)
    unit.record(inbox_event(saved))
    made = {n: checked[n] for n in secret_fields(channel) if checked.get(n) and not config.get(n)}
    return saved, made


async def change_inbox(unit: Unit, channel: Channel[Any], inbox: Inbox, wanted: Inbox, *, version: int) -> Inbox:
    """Store changed settings; a secret that is null stays as it was."""
    if inbox.version != version:
        raise StaleVersion
    config = plain(read_config(channel, with_kept_secrets(channel, wanted.config, inbox.config)))
    saved = await unit.inboxes.save(replace(wanted, config=config))
    unit.record(inbox_event(saved))
    return saved


async def remove_inbox(unit: Unit, inbox_id: InboxId) -> None:
    """Remove an inbox that has no tickets; one that has is switched off instead."""
    if await unit.tickets.exist_in(inbox_id):
        raise Conflict("This inbox has tickets; switch it off instead.")
    await unit.inboxes.remove(inbox_id)


async def try_out(inboxes: OpenInboxes, channel: Channel[Any], inbox_id: InboxId, config: Mapping[str, Any]) -> Health:
    """Try settings against the real far end, before they are saved."""
    try:
        async with inboxes.try_out(inbox_id, channel, read_config(channel, config)) as connection:
            return await connection.check()
    except InboxError as error:
        return Health(ok=False, note=str(error), level="failing")
