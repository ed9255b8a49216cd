"""The event stream over HTTP: the same as the socket's, for those who poll."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.services import services
from inbox.api.shapes import EventList
from inbox.app.follow import event_json, missed_since
from inbox.domain.events import Position
from inbox.errors import Invalid

router = APIRouter(prefix="/api/v1", tags=["events"])


def position_of(text: str | None) -> Position:
    """Read a position; raise Invalid for one that we did not write."""
    if not text:
        return Position(0, 0, 0)
    try:
        return Position.parse(text)
    except (ValueError, OverflowError) as error:
        raise Invalid("This position is not one of ours.") from error


@router.get("/events", response_model=EventList)
async def list_events(
    request: Request,
    caller: Annotated[Caller, require(scope="events:read")],
    since: Annotated[str | None, Query(max_length=80, description="a position; left out: from the beginning")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Return the events after a position that the caller may see, oldest first."""
    found = await missed_since(services(request).units, position_of(since), caller.access, limit=limit)
    items = ",".join(event_json(event) for event in found.events)
    resync = "true" if found.resync else "false"
    body = f'{{"items":[{items}],"position":"{found.position}","resync":{resync}}}'
    return Response(body, media_type="application/json")
