"""`POST /chat/{inbox_id}/files`: a visitor uploads a file for their next message, bound to their session.

The widget stands on pages of other origins, so browsers ask first (CORS). What decides is not the origin but the
session's token, which stands in a header: never in an address, never in a cookie.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from inbox.api.files import safe_name
from inbox.api.json import Json
from inbox.api.problems import problem_of
from inbox.api.services import Services, services
from inbox.api.visitor_chat import hashed
from inbox.api.visitor_hub import VisitorHub, hub_of
from inbox.api.visitor_limits import Paces, counted_address
from inbox.app.opened import Opened
from inbox.app.ports import Visitor
from inbox.app.visitor_files import bytes_left, file_limit
from inbox.channel.contract import Visits
from inbox.domain.ids import InboxId
from inbox.domain.message import Attachment
from inbox.errors import Forbidden, InboxError, Invalid, LimitReached, NotFound, NotSignedIn, TooLarge

router = APIRouter(include_in_schema=False)

_ASK_AGAIN = "600"  # seconds until a browser asks anew whether it may

Name = Annotated[str, Query(min_length=1, max_length=255)]


@router.options("/chat/{inbox_id}/files")
async def preflight(request: Request, inbox_id: UUID) -> Response:
    """Tell a browser whether a page of this origin may upload (Fetch standard, section 3.3)."""
    await _opened(request, InboxId(inbox_id))
    headers = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": _ASK_AGAIN,
    }
    return Response(status_code=204, headers=_shared(request) | headers)


@router.post("/chat/{inbox_id}/files", status_code=201)
async def upload(request: Request, inbox_id: UUID, name: Name) -> Response:
    """Keep a file that a visitor is about to send; the body is the file."""
    opened = await _opened(request, InboxId(inbox_id))
    try:
        kept = await _received(request, opened, safe_name(name))
    except InboxError as error:
        answer: Response = problem_of(error)
    else:
        shown = {"id": str(kept.id), "name": kept.name, "mime": kept.mime, "size": kept.size}
        answer = Json(shown, status_code=201)
    answer.headers.update(_shared(request))  # without them the page is not told what went wrong
    return answer


async def _opened(request: Request, inbox_id: InboxId) -> Opened:
    """Return a chat inbox that pages of the caller's origin may use."""
    opened = await services(request).inboxes.get(inbox_id)
    if not isinstance(opened.connection, Visits) or not opened.inbox.active:
        raise NotFound("There is no such chat.")
    if not origin_allowed(request.headers.get("origin"), request.headers.get("host"), opened.connection):
        raise Forbidden("This site may not use this chat.")
    return opened


def origin_allowed(origin: str | None, host: str | None, visits: Visits) -> bool:
    """Let in the sites that the inbox names, and pages that we serve ourselves, whatever name they are reached by."""
    is_own = origin is not None and origin.partition("://")[2] == host
    return is_own or visits.origin_allowed(origin)


def _shared(request: Request) -> dict[str, str]:
    return {"access-control-allow-origin": request.headers.get("origin", ""), "vary": "origin"}


async def _received(request: Request, opened: Opened, name: str) -> Attachment:
    here, hub = services(request), hub_of(request)
    most = file_limit(opened.capabilities, opened.connection)
    if not most:
        raise Forbidden("This chat takes no files.")
    if int(request.headers.get("content-length", "0")) > most:
        raise TooLarge(f"A file here has at most {most} bytes.")
    visitor = await _visitor(request, here, opened.inbox.id)
    address = counted_address(request.client.host if request.client else None)
    _check_pace(hub.files, str(visitor.id))
    if address is not None:
        _check_pace(hub.files_of_address, address)
    with hub.uploading(visitor.id) as is_one_of_few:
        if not is_one_of_few:
            raise LimitReached(timedelta(seconds=5))
        return await _kept(_Upload(request, here, hub, visitor, name), most)


async def _visitor(request: Request, here: Services, inbox_id: InboxId) -> Visitor:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("An upload needs the session of a chat.")
    async with here.units.reading() as unit:
        visitor = await unit.visitors.by_token(inbox_id, hashed(token))
    if visitor is None:
        raise NotSignedIn("This chat session is not known here.")
    return visitor


def _check_pace(paces: Paces, key: str) -> None:
    pause = paces.wait(key, asyncio.get_running_loop().time())
    if pause:
        raise LimitReached(timedelta(seconds=pause))


@dataclass(frozen=True, slots=True)
class _Upload:
    """A file on its way in."""

    request: Request
    here: Services
    hub: VisitorHub
    visitor: Visitor
    name: str

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self.request.stream():
            yield piece


async def _kept(upload: _Upload, most: int) -> Attachment:
    here, visitor_id, a_day = upload.here, upload.visitor.id, upload.hub.limits.bytes_a_day
    async with here.units.reading() as unit:
        left = await bytes_left(unit, visitor_id, a_day=a_day, now=here.clock())
    try:
        async with asyncio.timeout(upload.hub.limits.upload):
            kept = await here.door.keeper.keep_pieces(upload.name, upload.pieces(), limit=min(most, left))
    except TimeoutError as error:
        raise Invalid("The upload took too long.") from error
    except ClientDisconnect as error:
        raise Invalid("The upload was broken off.") from error
    async with here.units() as unit:
        await unit.visitors.add_file(visitor_id, kept, now=here.clock())
    return kept
