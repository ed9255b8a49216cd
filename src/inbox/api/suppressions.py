"""Addresses that are not written to again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.bodies import NewSuppression
from inbox.api.json import Json
from inbox.api.paging import Cursor, Limit, after, listed
from inbox.api.services import services
from inbox.api.shapes import ListOf, SuppressionShape
from inbox.app.suppress import suppress, suppression_view
from inbox.domain.manager import EVERYTHING, Role
from inbox.errors import Forbidden, Invalid, NotFound

router = APIRouter(prefix="/api/v1/suppressions", tags=["suppressions"])

Leads = Annotated[Caller, require(role=Role.LEAD, scope="contacts:read")]
Works = Annotated[Caller, require(scope="contacts:write")]
Address = Annotated[str, Path(max_length=320)]


@router.get("", response_model=ListOf[SuppressionShape])
async def list_suppressions(request: Request, caller: Leads, limit: Limit = 50, cursor: Cursor = None) -> Json:
    """List the addresses that are not written to, the newest first."""
    if caller.access != EVERYTHING:
        raise Forbidden("Only who may see all inboxes and campaigns may see whom all of them do not write to.")
    async with services(request).units.reading() as unit:
        page = await unit.suppressions.page(after=_place(cursor), limit=limit)
    return listed(page, suppression_view)


@router.post("", status_code=201, response_model=SuppressionShape)
async def add_suppression(request: Request, caller: Works, body: NewSuppression) -> Json:
    """Write to an address no more."""
    at_hand, key = services(request), body.address.casefold()
    async with at_hand.units() as unit:
        await suppress(unit, key, body.reason, now=at_hand.clock())
        found = await unit.suppressions.among([key])
    return Json(suppression_view(found[key]), status_code=201)


@router.delete("/{address}", status_code=204, response_class=Response)
async def remove_suppression(request: Request, caller: Works, address: Address) -> Response:
    """Let an address be written to again."""
    async with services(request).units() as unit:
        if not await unit.suppressions.remove(address.replace("\x00", "").strip().casefold()):
            raise NotFound("This address is not on the list.")
    return Response(status_code=204)


def _place(cursor: str | None) -> tuple[str, ...] | None:
    place = after(cursor, parts=2)
    try:
        return place if place is None or datetime.fromisoformat(place[0]).tzinfo else None
    except ValueError as error:
        raise Invalid("This cursor is not one of ours.") from error
