"""Inboxes and the channels that they use."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.bodies import InboxChange, InboxTrial, NewInbox, given
from inbox.api.json import Json
from inbox.api.paging import whole
from inbox.api.services import services
from inbox.api.shapes import ChannelShape, HealthShape, InboxShape, ListOf, NewInboxShape
from inbox.app.consents import CALLBACK
from inbox.app.inboxes import add_inbox, change_inbox, inbox_view, remove_inbox, try_out
from inbox.app.ports import Unit
from inbox.channel.config import with_kept_secrets
from inbox.domain.ids import CampaignId, InboxId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import Role
from inbox.errors import Forbidden, NotFound

router = APIRouter(prefix="/api/v1", tags=["inboxes"])

Reads = Annotated[Caller, require(scope="inboxes:read")]
Admins = Annotated[Caller, require(role=Role.ADMIN, scope="inboxes:admin")]


@router.get("/channels", response_model=ListOf[ChannelShape])
async def list_channels(request: Request, caller: Reads) -> Json:
    """List the installed channels with the schema of their settings."""
    del caller
    redirect_uri = services(request).edge.public_url + CALLBACK
    return whole(
        [
            {
                "kind": channel.kind,
                "title": dict(channel.title),
                "schema": channel.config.model_json_schema(),
                "capabilities": asdict(channel.capabilities),
                "redirect_uri": redirect_uri,
            }
            for channel in services(request).inboxes.channels.values()
        ]
    )


@router.get("/inboxes", response_model=ListOf[InboxShape])
async def list_inboxes(request: Request, caller: Reads) -> Json:
    """List the inboxes that the caller may see; settings are shown to administrators only."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        found = [inbox for inbox in await unit.inboxes.all() if caller.access.sees(inbox.id)]
        backlogs = await unit.originals.backlog()
    channels, site = at_hand.inboxes.channels, at_hand.edge.public_url
    views = [
        inbox_view(inbox, channels[inbox.channel], public_url=site, backlog=backlogs.get(inbox.id))
        for inbox in found
        if inbox.channel in channels
    ]
    if caller.role is not Role.ADMIN:
        views = [view | {"config": {}} for view in views]
    return whole(views)


@router.post("/inboxes", status_code=201, response_model=NewInboxShape)
async def add(request: Request, caller: Admins, body: NewInbox) -> Json:
    """Add an inbox; secrets that were made for it are shown this once."""
    if caller.access.inboxes is not None:
        raise Forbidden("Only who may see all inboxes can add one.")
    at_hand = services(request)
    channel = at_hand.inboxes.channel(body.channel)
    campaign_id = CampaignId(body.campaign_id) if body.campaign_id else None
    async with at_hand.units() as unit:
        if campaign_id is not None:
            await unit.campaigns.find(campaign_id)
        inbox, secrets = await add_inbox(unit, channel, body.name, body.config, campaign_id=campaign_id)
    view = inbox_view(inbox, channel, public_url=at_hand.edge.public_url)
    return Json({**view, "secrets": secrets}, status_code=201)


@router.patch("/inboxes/{inbox_id}", response_model=InboxShape)
async def change(request: Request, caller: Admins, inbox_id: UUID, body: InboxChange) -> Json:
    """Change an inbox; a secret that is null stays as it is."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        inbox = await _find(unit, caller, inbox_id)
        channel = at_hand.inboxes.channel(inbox.channel)
        fields = {n: v for n, v in given(body, "version").items() if v is not None or n == "campaign_id"}
        saved = await change_inbox(unit, channel, inbox, replace(inbox, **fields), version=body.version)
    await at_hand.inboxes.forget(saved.id)
    return Json(inbox_view(saved, channel, public_url=at_hand.edge.public_url))


@router.delete("/inboxes/{inbox_id}", status_code=204, response_class=Response)
async def remove(request: Request, caller: Admins, inbox_id: UUID) -> Response:
    """Remove an inbox that has no tickets."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        inbox = await _find(unit, caller, inbox_id)
        await remove_inbox(unit, inbox.id)
    await at_hand.inboxes.forget(inbox.id)
    return Response(status_code=204)


@router.post("/inboxes/check", response_model=HealthShape)
async def check(request: Request, caller: Admins, body: InboxTrial) -> Json:
    """Try settings against the real far end, before they are saved."""
    at_hand = services(request)
    channel = at_hand.inboxes.channel(body.channel)
    config = body.config
    if body.inbox_id is not None:
        async with at_hand.units.reading() as unit:
            known = await _find(unit, caller, body.inbox_id)
        if known.channel != channel.kind:
            raise NotFound("There is no such inbox.")
        config = with_kept_secrets(channel, config, known.config)
    inbox_id = InboxId(body.inbox_id or new_id())
    health = await try_out(at_hand.inboxes, channel, inbox_id, config)
    return Json({"ok": health.ok, "note": health.note, "field": health.field})


async def _find(unit: Unit, caller: Caller, inbox_id: UUID) -> Inbox:
    inbox = await unit.inboxes.find(InboxId(inbox_id))
    if not caller.access.sees(inbox.id):
        raise NotFound("There is no such inbox.")
    return inbox
