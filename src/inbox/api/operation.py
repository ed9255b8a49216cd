"""Whether the service lives and is ready."""

from __future__ import annotations

from fastapi import APIRouter, Request

from inbox.api.json import Json
from inbox.api.services import services
from inbox.errors import InboxError

router = APIRouter(tags=["operation"])


@router.get("/livez")
async def livez() -> Json:
    """Tell that the process answers."""
    return Json({"status": "alive"})


@router.get("/readyz")
async def readyz(request: Request) -> Json:
    """Tell whether the service can work: the database answers."""
    try:
        async with services(request).units.reading() as unit:
            await unit.stream.oldest()
    except (InboxError, OSError, TimeoutError):
        return Json({"status": "not ready"}, status_code=503)
    return Json({"status": "ready"})
