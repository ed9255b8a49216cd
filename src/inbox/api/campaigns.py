"""Clients and campaigns, for managers and for the platform's own keys."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request

from inbox.api.auth import Caller, require
from inbox.api.bodies import CampaignChange, CampaignFields, ClientBody, NewCampaign, NewClient, given
from inbox.api.json import Json
from inbox.api.paging import whole
from inbox.api.services import services
from inbox.api.shapes import CampaignShape, ClientShape, ListOf
from inbox.app import campaigns
from inbox.app.campaigns import CampaignWish, campaign_view, client_view
from inbox.domain.ids import CampaignId
from inbox.domain.manager import Role
from inbox.errors import Invalid, NotFound

router = APIRouter(prefix="/api/v1", tags=["campaigns"])

Reads = Annotated[Caller, require(scope="campaigns:read")]
Leads = Annotated[Caller, require(role=Role.LEAD, scope="campaigns:write")]
ByKey = Annotated[str, Path(min_length=1, max_length=200, description="the platform's own id")]


@router.get("/clients", response_model=ListOf[ClientShape])
async def list_clients(request: Request, caller: Reads) -> Json:
    """List the clients."""
    del caller
    async with services(request).units.reading() as unit:
        return whole([client_view(client) for client in await unit.campaigns.clients()])


@router.post("/clients", status_code=201, response_model=ClientShape)
async def add_client(request: Request, caller: Leads, body: NewClient) -> Json:
    """Store a client under the platform's key."""
    return await _put_client(request, caller, body.key, body.name, status=201)


@router.put("/clients/by-key/{key:path}", response_model=ClientShape)
async def put_client(request: Request, caller: Leads, key: ByKey, body: ClientBody) -> Json:
    """Store a client under the platform's key, new or changed."""
    return await _put_client(request, caller, key, body.name, status=200)


async def _put_client(request: Request, caller: Caller, key: str, name: str, *, status: int) -> Json:
    del caller
    async with services(request).units() as unit:
        return Json(client_view(await campaigns.put_client(unit, key, name)), status_code=status)


@router.get("/campaigns", response_model=ListOf[CampaignShape])
async def list_campaigns(request: Request, caller: Reads) -> Json:
    """List the campaigns that the caller may see."""
    async with services(request).units.reading() as unit:
        found = await unit.campaigns.all()
    return whole([campaign_view(c) for c in found if caller.access.sees_campaign(c.id)])


@router.post("/campaigns", status_code=201, response_model=CampaignShape)
async def add_campaign(request: Request, caller: Leads, body: NewCampaign) -> Json:
    """Store a new campaign."""
    del caller
    at_hand = services(request)
    async with at_hand.units() as unit:
        wish = CampaignWish(_fields(body, "key"), rules=at_hand.door.routing.current)
        campaign = await campaigns.add_campaign(unit, body.key, wish, now=at_hand.clock())
    return Json(campaign_view(campaign), status_code=201)


@router.put("/campaigns/by-key/{key:path}", response_model=CampaignShape)
async def put_campaign(request: Request, caller: Leads, key: ByKey, body: CampaignFields) -> Json:
    """Store a campaign under the platform's key, new or changed."""
    at_hand = services(request)
    async with at_hand.units(f"campaign:{key}") as unit:  # the same key twice at a time is no conflict
        known = await unit.campaigns.by_key(key)
        _check_seen(caller, known.id if known else None)
        wish = CampaignWish(_fields(body), rules=at_hand.door.routing.current)
        campaign = await campaigns.put_campaign(unit, key, wish, now=at_hand.clock())
    return Json(campaign_view(campaign))


@router.patch("/campaigns/{campaign_id}", response_model=CampaignShape)
async def change_campaign(request: Request, caller: Leads, campaign_id: UUID, body: CampaignChange) -> Json:
    """Change a campaign."""
    _check_seen(caller, CampaignId(campaign_id))
    wish = CampaignWish(_fields(body, "version"), body.version)
    async with services(request).units() as unit:
        campaign = await campaigns.change_campaign(unit, CampaignId(campaign_id), wish)
    return Json(campaign_view(campaign))


def _check_seen(caller: Caller, campaign_id: CampaignId | None) -> None:
    if not caller.access.sees_campaign(campaign_id):
        raise NotFound("There is no such campaign.")


def _fields(body: CampaignFields, *without: str) -> dict[str, Any]:
    fields = given(body, *without)
    if fields.get("name", "") is None:
        raise Invalid("A campaign needs a name.")
    for name in ("languages", "topics"):
        if name in fields:
            fields[name] = tuple(fields[name] or ())
    if fields.get("phase", "") is None:
        del fields["phase"]
    return fields
