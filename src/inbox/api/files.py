"""Uploads and attachments; what is served from here is inert."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from inbox.api.auth import Caller, require
from inbox.api.json import Json
from inbox.api.services import services
from inbox.api.shapes import UploadShape
from inbox.app.ports import Unit
from inbox.channel.model import File
from inbox.domain.ids import AttachmentId, TicketId
from inbox.domain.message import Attachment
from inbox.errors import Invalid, NotFound, TooLarge

router = APIRouter(prefix="/api/v1", tags=["files"])

UPLOAD_LIMIT = 25 * 1024 * 1024  # bytes
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Name = Annotated[str, Query(min_length=1, max_length=255, description="the file's name")]


@router.post("/uploads", status_code=201, response_model=UploadShape)
async def upload(request: Request, caller: Annotated[Caller, require(scope="tickets:write")], name: Name) -> Json:
    """Upload a file for a message that is being written; the body is the file."""
    at_hand = services(request)
    data = await request.body()
    if not data:
        raise Invalid("The file is empty.")
    if len(data) > UPLOAD_LIMIT:
        raise TooLarge
    attachment = await at_hand.door.keeper.keep(File(safe_name(name), data))
    async with at_hand.units() as unit:
        await unit.messages.add_upload(attachment, caller.me)
    shown = {"id": str(attachment.id), "name": attachment.name, "mime": attachment.mime, "size": attachment.size}
    return Json(shown, status_code=201)


@router.get("/attachments/{attachment_id}", response_class=Response)
async def download(
    request: Request,
    caller: Annotated[Caller, require(scope="tickets:read")],
    attachment_id: UUID,
    *,
    inline: bool = False,
) -> Response:
    """Download an attachment; pictures may be shown, nothing else is ever opened in our pages."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        attachment, ticket_id, owner = await unit.messages.find_file(AttachmentId(attachment_id))
        if not await _may_see(unit, caller, ticket_id, owner):
            raise NotFound("There is no such attachment.")
    path = at_hand.blobs.open(attachment.sha256)
    return FileResponse(path, headers=inert_headers(attachment, inline=inline), media_type=attachment.mime)


async def _may_see(unit: Unit, caller: Caller, ticket_id: TicketId | None, owner: UUID | None) -> bool:
    """Tell whether a caller may see a file: that of a ticket with the ticket, an upload who made it."""
    if ticket_id is None:
        return owner is not None and owner == caller.manager_id
    try:
        await unit.tickets.find(ticket_id, caller.access)
    except NotFound:
        return False
    return True


def inert_headers(attachment: Attachment, *, inline: bool = False) -> dict[str, str]:
    """Our type, never the sender's; no scripts, no frames; a name that cannot break the header (RFC 6266)."""
    shown = inline and attachment.mime in _PICTURES
    name = quote(safe_name(attachment.name), safe="")
    return {
        "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, max-age=3600, immutable",
    }


def safe_name(name: str) -> str:
    """Return a file name without paths, control characters and tricks of direction."""
    kept = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable() and c not in '"')
    return kept.strip(". ")[:150] or "file"
