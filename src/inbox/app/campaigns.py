"""Clients, campaigns and teams: made, changed, upserted by the platform's own keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from inbox.app.ports import Unit
from inbox.app.routing import Current, routed_again
from inbox.app.views import ticket_event
from inbox.domain.campaign import Campaign, Client, Team
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import CampaignId, ClientId, TicketId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.errors import Conflict, StaleVersion


@dataclass(frozen=True, slots=True)
class CampaignWish:
    """What is known of a campaign; only the named fields are set."""

    fields: dict[str, Any] = field(default_factory=dict)
    version: int | None = None  # None: whatever it is now
    rules: Current | None = None  # by which the tickets of a new campaign are routed anew


def client_view(client: Client) -> dict[str, Any]:
    """Show a client."""
    return {"id": str(client.id), "key": client.key, "name": client.name}


def campaign_view(campaign: Campaign) -> dict[str, Any]:
    """Show a campaign."""
    return {
        "id": str(campaign.id),
        "key": campaign.key,
        "name": campaign.name,
        "client_id": str(campaign.client_id) if campaign.client_id else None,
        "phase": campaign.phase,
        "starts_on": campaign.starts_on.isoformat() if campaign.starts_on else None,
        "ends_on": campaign.ends_on.isoformat() if campaign.ends_on else None,
        "languages": list(campaign.languages),
        "team_id": str(campaign.team_id) if campaign.team_id else None,
        "topics": list(campaign.topics),
        "version": campaign.version,
    }


def team_view(team: Team) -> dict[str, Any]:
    """Show a team."""
    return {
        "id": str(team.id),
        "name": team.name,
        "members": [str(member) for member in sorted(team.members)],
        "mode": team.mode.value,
        "skills": list(team.skills),
        "overflow_to": [str(other) for other in team.overflow_to],
        "overflow_after": team.overflow_after,
        "offer_for": int(team.offer_for.total_seconds()),
        "version": team.version,
    }


async def put_client(unit: Unit, key: str, name: str) -> Client:
    """Store a client under the platform's key."""
    client = await unit.campaigns.put_client(Client(ClientId(new_id()), key, name))
    unit.record(NewEvent(EventType.CLIENT_CHANGED, client.id, {"client": client_view(client)}))
    return client


async def put_campaign(unit: Unit, key: str, wish: CampaignWish, *, now: datetime) -> Campaign:
    """Store a campaign under the platform's key: a new one, or changes of the known one."""
    known = await unit.campaigns.by_key(key)
    if known is None:
        return await add_campaign(unit, key, wish, now=now)
    return await change_campaign(unit, known.id, wish)


async def add_campaign(unit: Unit, key: str, wish: CampaignWish, *, now: datetime) -> Campaign:
    """Store a new campaign; unsorted tickets that named its key belong to it from now on."""
    if await unit.campaigns.by_key(key) is not None:
        raise Conflict(f"There is a campaign {key!r} already.")
    campaign = await unit.campaigns.add(replace(Campaign(CampaignId(new_id()), key, key), **wish.fields))
    _record(unit, campaign)
    rules = replace(wish.rules, campaigns={**wish.rules.campaigns, campaign.id: campaign}) if wish.rules else None
    for ticket_id in await unit.campaigns.adopt(campaign):
        ticket = await unit.tickets.find(TicketId(ticket_id), EVERYTHING)
        routed = await routed_again(unit, ticket, rules) if rules else ticket
        saved = ticket if routed == ticket else await unit.tickets.save(routed, now=now)
        unit.record(ticket_event(EventType.TICKET_CHANGED, saved))
    return campaign


async def change_campaign(unit: Unit, campaign_id: CampaignId, wish: CampaignWish) -> Campaign:
    """Change the named fields of a campaign."""
    known = await unit.campaigns.find(campaign_id)
    if wish.version is not None and wish.version != known.version:
        raise StaleVersion
    wanted = replace(known, **wish.fields)
    if wanted == known:
        return known
    saved = await unit.campaigns.save(wanted)
    _record(unit, saved)
    return saved


async def put_team(unit: Unit, team: Team) -> Team:
    """Store a team, new or changed; raise StaleVersion."""
    saved = await unit.campaigns.put_team(team)
    unit.record(NewEvent(EventType.TEAM_CHANGED, saved.id, {"team": team_view(saved)}))
    return saved


def _record(unit: Unit, campaign: Campaign) -> None:
    data = {"campaign": campaign_view(campaign)}
    unit.record(NewEvent(EventType.CAMPAIGN_CHANGED, campaign.id, data, campaign_id=campaign.id))
