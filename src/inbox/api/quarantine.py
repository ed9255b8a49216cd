"""What arrived and could not be understood: seen, downloaded, tried again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.json import Json
from inbox.api.paging import Cursor, Limit, after, listed
from inbox.api.services import services
from inbox.api.shapes import ListOf, QuarantineShape, RetriedShape
from inbox.app.ports import Stored, Unit
from inbox.app.understanding import understand_one
from inbox.app.views import moment
from inbox.domain.ids import OriginalId
from inbox.errors import NotFound

router = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])

Reads = Annotated[Caller, require(scope="quarantine:read")]
Works = Annotated[Caller, require(scope="quarantine:write")]


def _view(stored: Stored) -> dict[str, Any]:
    return {
        "id": str(stored.id),
        "inbox_id": str(stored.inbox_id),
        "at": moment(stored.original.at),
        "reason": stored.reason,
        "size": len(stored.original.body),
        "content_type": stored.original.content_type,
    }


@router.get("", response_model=ListOf[QuarantineShape])
async def list_quarantine(request: Request, caller: Reads, limit: Limit = 50, cursor: Cursor = None) -> Json:
    """List what could not be understood, newest first."""
    async with services(request).units.reading() as unit:
        page = await unit.originals.quarantined(caller.access, after=after(cursor, parts=1), limit=limit)
    return listed(page, _view)


@router.get("/{original_id}/raw", response_class=Response)
async def raw(request: Request, caller: Reads, original_id: UUID) -> Response:
    """Download an item as it arrived."""
    async with services(request).units.reading() as unit:
        stored = await _find(unit, caller, original_id)
    headers = {
        "content-disposition": f'attachment; filename="{stored.id}.bin"',
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Response(stored.original.body, media_type="application/octet-stream", headers=headers)


@router.post("/{original_id}/retry", response_model=RetriedShape)
async def retry(request: Request, caller: Works, original_id: UUID) -> Json:
    """Try to understand an item again."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        stored = await _find(unit, caller, original_id)
    state = await understand_one(at_hand.door, stored)
    async with at_hand.units.reading() as unit:
        reason = (await unit.originals.find(stored.id, caller.access)).reason
    return Json({"state": state, "reason": reason})


async def _find(unit: Unit, caller: Caller, original_id: UUID) -> Stored:
    stored = await unit.originals.find(OriginalId(original_id), caller.access)
    if stored.state != "quarantined":
        raise NotFound("There is no such item in quarantine.")
    return stored
