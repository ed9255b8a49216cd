"""The rulebook: shown, saved in versions, tried on a real ticket."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from inbox.api.auth import Caller, require
from inbox.api.json import Json
from inbox.api.paging import whole
from inbox.api.routing_bodies import NewRulebook, RoutingShape, RulebookTrial, TrialShape, VersionShape
from inbox.api.services import services
from inbox.api.shapes import ListOf
from inbox.app import routing
from inbox.app.routing_ports import SavedRulebook
from inbox.app.routing_views import trial_view
from inbox.app.views import moment
from inbox.domain.ids import TicketId
from inbox.domain.manager import EVERYTHING, Role
from inbox.domain.rulebook_document import to_document
from inbox.errors import Forbidden

router = APIRouter(prefix="/api/v1", tags=["routing"])

Reads = Annotated[Caller, require(role=Role.LEAD, scope="routing:read")]
Writes = Annotated[Caller, require(role=Role.LEAD, scope="routing:write")]
Number = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("/routing", response_model=RoutingShape)
async def get_routing(request: Request, caller: Reads) -> Json:
    """Show the rulebook that counts."""
    del caller
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        return Json(_shown(await at_hand.door.routing.saved(unit)))


@router.put("/routing", response_model=RoutingShape)
async def put_routing(request: Request, caller: Writes, body: NewRulebook) -> Json:
    """Save the next version of the rulebook; 409 if somebody saved one since `version`."""
    if caller.access != EVERYTHING:
        raise Forbidden("Only who may see all inboxes and campaigns can change the rules for them.")
    at_hand = services(request)
    async with at_hand.units() as unit:
        saved = await routing.save(
            unit,
            body.document.book(),
            version=body.version,
            note=body.note,
            by=caller.manager_id,
            now=at_hand.clock(),
        )
    await at_hand.door.routing.refresh(at_hand.units)
    return Json(_shown(saved))


@router.get("/routing/versions", response_model=ListOf[VersionShape])
async def list_versions(request: Request, caller: Reads) -> Json:
    """List the latest hundred versions, the newest first."""
    del caller
    async with services(request).units.reading() as unit:
        return whole([_described(saved) for saved in await unit.rulebooks.versions()])


@router.get("/routing/versions/{version}", response_model=RoutingShape)
async def get_version(request: Request, caller: Reads, version: Number) -> Json:
    """Show an older version; 0 is the shipped one."""
    del caller
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        return Json(_shown(await at_hand.door.routing.saved(unit, version)))


@router.post("/routing/test", response_model=TrialShape)
async def test_routing(request: Request, caller: Reads, body: RulebookTrial) -> Json:
    """Say what a rulebook would decide about a ticket, and why; nothing is changed."""
    at_hand = services(request)
    rules = at_hand.door.routing
    async with at_hand.units.reading() as unit:
        book = rules.completed(body.document.book()) if body.document else (await rules.saved(unit)).book
        trial = await routing.try_on(unit, book, rules.current, TicketId(body.ticket_id), caller.access)
    return Json(trial_view(trial))


def _shown(saved: SavedRulebook) -> dict[str, Any]:
    view = _described(saved)
    del view["rules"]
    return {**view, "document": to_document(saved.book)}


def _described(saved: SavedRulebook) -> dict[str, Any]:
    return {
        "version": saved.version,
        "saved_by": str(saved.saved_by) if saved.saved_by else None,
        "saved_at": moment(saved.saved_at),
        "note": saved.note,
        "rules": len(saved.book.rules),
    }
