"""API keys of other programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.json import Json
from inbox.api.people_bodies import NewApiKey
from inbox.api.people_shapes import ApiKeyShape, NewApiKeyShape, api_key_view
from inbox.api.services import services
from inbox.api.shapes import ListOf
from inbox.app import api_keys
from inbox.domain.ids import ApiKeyId, InboxId
from inbox.domain.manager import Role

router = APIRouter(prefix="/api/v1", tags=["API keys"])
log = structlog.get_logger()

# A key makes no keys: who steals one must not be able to stay.
Administers = Annotated[Caller, require(role=Role.ADMIN)]


@router.get("/api-keys", response_model=ListOf[ApiKeyShape])
async def list_api_keys(request: Request, caller: Administers) -> Json:
    """List the keys that work."""
    async with services(request).units.reading() as unit:
        return Json({"items": [api_key_view(key) for key in await unit.auth.api_keys()], "next_cursor": None})


@router.post("/api-keys", status_code=201, response_model=NewApiKeyShape)
async def create_api_key(request: Request, caller: Administers, body: NewApiKey) -> Json:
    """Make a key; its text is shown this once. Sent twice, this makes two, since no answer with a secret is kept."""
    here = services(request)
    inboxes = None if body.inboxes is None else frozenset(InboxId(each) for each in body.inboxes)
    async with here.units() as unit:
        key, text = await api_keys.create(
            unit, body.name, scopes=frozenset(body.scopes), inboxes=inboxes, by=caller.me, now=here.clock()
        )
    log.info("api_key.created", key=key.prefix, by=str(caller.manager_id))
    return Json({**api_key_view(key), "secret": text}, status_code=201)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(request: Request, caller: Administers, key_id: UUID) -> Response:
    """Make a key worthless, from the next request on."""
    here = services(request)
    async with here.units() as unit:
        await unit.auth.revoke_api_key(ApiKeyId(key_id), now=here.clock())
    log.info("api_key.revoked", key=str(key_id), by=str(caller.manager_id))
    return Response(status_code=204)
