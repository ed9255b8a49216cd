"""People: the managers and their teams."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request

from inbox.api.auth import Caller, require
from inbox.api.idempotency import once
from inbox.api.json import Json
from inbox.api.mailing import mail_link
from inbox.api.people_bodies import Invitation, ManagerChange, NewTeam, TeamChange, TeamFields
from inbox.api.people_shapes import (
    InvitedShape,
    ManagerShape,
    ResetShape,
    TeamShape,
    manager_view,
)
from inbox.api.services import services
from inbox.api.shapes import ListOf
from inbox.app import campaigns, managers
from inbox.app.campaigns import team_view
from inbox.app.ports import Unit
from inbox.domain.campaign import Team
from inbox.domain.credentials import Purpose
from inbox.domain.ids import CampaignId, InboxId, ManagerId, TeamId, new_id
from inbox.domain.manager import Access, Availability, Manager, Role
from inbox.errors import Invalid

router = APIRouter(prefix="/api/v1", tags=["people"])

Reads = Annotated[Caller, require(scope="managers:read")]
Leads = Annotated[Caller, require(role=Role.LEAD)]
Administers = Annotated[Caller, require(role=Role.ADMIN)]


@router.get("/managers", response_model=ListOf[ManagerShape])
async def list_managers(request: Request, caller: Reads) -> Json:
    """List the managers; their addresses are for leads and administrators."""
    async with services(request).units.reading() as unit:
        found = await unit.managers.all()
    with_email = caller.role is not None and caller.role.includes(Role.LEAD)
    return Json({"items": [manager_view(each, with_email=with_email) for each in found], "next_cursor": None})


@router.post("/managers/invite", status_code=201, response_model=InvitedShape)
async def invite_manager(request: Request, caller: Administers, body: Invitation) -> Json:
    """Invite a manager; the link is in the answer where no mail could bring it."""
    here = services(request)
    access = _access(body.inboxes, body.campaigns)
    invited = Manager(ManagerId(new_id()), body.email, body.name, role=body.role, access=access, locale=body.locale)
    async with here.units() as unit:
        await _check_grants(unit, access)
        manager, token = await managers.invite(unit, invited, now=here.clock())
    link = await mail_link(here, manager, Purpose.INVITE, token)
    return Json({"manager": manager_view(manager, with_email=True), "link": link}, status_code=201)


@router.patch("/managers/{manager_id}", response_model=ManagerShape)
async def change_manager(request: Request, caller: Leads, manager_id: UUID, body: ManagerChange) -> Json:
    """Change a manager: leads availability, capacity and languages, administrators everything."""
    here = services(request)
    async with here.units(managers.PEOPLE) as unit:
        before = await unit.managers.find(ManagerId(manager_id))
        wish = managers.Wish(body.version, _fields(body, before.access))
        await _check_grants(unit, wish.fields.get("access", Access()))
        changed = await managers.change(unit, before.id, wish, by=caller.role or Role.MANAGER, now=here.clock())
    return Json(manager_view(changed, with_email=True))


@router.post("/managers/{manager_id}/reset", response_model=ResetShape)
async def reset_manager(request: Request, caller: Administers, manager_id: UUID) -> Json:
    """Make a link by which a manager chooses a new password; it is in the answer where no mail could bring it."""
    here = services(request)
    async with here.units() as unit:
        manager, purpose, token = await managers.reset(unit, ManagerId(manager_id), now=here.clock())
    return Json({"link": await mail_link(here, manager, purpose, token)})


@router.get("/teams", response_model=ListOf[TeamShape])
async def list_teams(request: Request, caller: Reads) -> Json:
    """List the teams."""
    async with services(request).units.reading() as unit:
        return Json({"items": [team_view(team) for team in await unit.campaigns.teams()], "next_cursor": None})


@router.post("/teams", status_code=201, response_model=TeamShape)
async def add_team(request: Request, caller: Administers, body: NewTeam) -> Json:
    """Make a team."""

    async def make(unit: Unit) -> Json:
        team = replace(Team(TeamId(new_id()), body.name), **await _team_fields(unit, body))
        return Json(team_view(await campaigns.put_team(unit, team)), status_code=201)

    return await once(request, caller, body, make)


@router.patch("/teams/{team_id}", response_model=TeamShape)
async def change_team(request: Request, caller: Administers, team_id: UUID, body: TeamChange) -> Json:
    """Change a team: its members, and how tickets come to them."""
    async with services(request).units() as unit:
        team = await unit.campaigns.find_team(TeamId(team_id))
        changed = replace(team, version=body.version, **await _team_fields(unit, body))
        return Json(team_view(await campaigns.put_team(unit, changed)))


def _fields(body: ManagerChange, access: Access) -> dict[str, Any]:
    """Read what changes; `inboxes` and `campaigns` may be null, which means all of them."""
    fields = body.model_dump(exclude_none=True, exclude={"version", "inboxes", "campaigns"})
    for name in {"languages", "skills"} & fields.keys():
        fields[name] = tuple(fields[name])
    if "availability" in fields:
        fields["availability"] = Availability(fields["availability"])
    if body.model_fields_set & {"inboxes", "campaigns"}:
        asked = _access(body.inboxes, body.campaigns)
        fields["access"] = Access(
            inboxes=asked.inboxes if "inboxes" in body.model_fields_set else access.inboxes,
            campaigns=asked.campaigns if "campaigns" in body.model_fields_set else access.campaigns,
        )
    return fields


def _access(inboxes: list[UUID] | None, campaigns: list[UUID] | None) -> Access:
    return Access(
        inboxes=None if inboxes is None else frozenset(InboxId(each) for each in inboxes),
        campaigns=None if campaigns is None else frozenset(CampaignId(each) for each in campaigns),
    )


async def _check_grants(unit: Unit, access: Access) -> None:
    """Refuse ids that name nothing: such a grant would come true when somebody restores an old inbox."""
    if access.inboxes and access.inboxes - {each.id for each in await unit.inboxes.all()}:
        raise Invalid("There is no such inbox.", pointer="/inboxes")
    if access.campaigns and access.campaigns - {each.id for each in await unit.campaigns.all()}:
        raise Invalid("There is no such campaign.", pointer="/campaigns")


async def _team_fields(unit: Unit, body: TeamFields) -> dict[str, Any]:
    """Read what is known of a team; null leaves a field as it is."""
    fields = body.model_dump(exclude_none=True, exclude={"version"})
    if body.members is not None:
        fields["members"] = await _members(unit, body.members)
    if body.skills is not None:
        fields["skills"] = tuple(body.skills)
    if body.overflow_to is not None:
        fields["overflow_to"] = await _teams(unit, body.overflow_to)
    if body.offer_for is not None:
        fields["offer_for"] = timedelta(seconds=body.offer_for)
    return fields


async def _teams(unit: Unit, ids: list[UUID]) -> tuple[TeamId, ...]:
    wanted = tuple(dict.fromkeys(TeamId(each) for each in ids))
    if set(wanted) - {team.id for team in await unit.campaigns.teams()}:
        raise Invalid("There is no such team.", pointer="/overflow_to")
    return wanted


async def _members(unit: Unit, ids: list[UUID]) -> frozenset[ManagerId]:
    members = frozenset(ManagerId(each) for each in ids)
    if members and members - {each.id for each in await unit.managers.all()}:
        raise Invalid("There is no such manager.", pointer="/members")
    return members
