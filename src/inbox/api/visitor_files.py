"""Files of a chat: a visitor downloads what stands in their own conversation, by a link that was made for them.

A browser cannot send a session with a link, and the session's token may not stand in an address. So the link carries
a proof instead: it is bound to one file, one visitor and a day, and made with what only their session has.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from inbox.api.files import inert_headers
from inbox.api.services import services
from inbox.domain.ids import AttachmentId, InboxId, VisitorId
from inbox.errors import NotFound

router = APIRouter(include_in_schema=False)

LASTS = timedelta(days=1)


def link(inbox_id: InboxId, visitor_id: VisitorId, attachment_id: str, *, key: bytes, now: datetime) -> str:
    """Return the address of a file, for this visitor and for a day; relative to the service."""
    until = int((now + LASTS).timestamp())
    proof = _proof(key, attachment_id, until)
    query = urlencode({"visitor": str(visitor_id), "until": until, "proof": proof})
    return f"/chat/{inbox_id}/files/{attachment_id}?{query}"


@router.get("/chat/{inbox_id}/files/{attachment_id}", response_class=Response)
async def download(
    request: Request,
    inbox_id: UUID,
    attachment_id: UUID,
    visitor: UUID,
    until: int,
    proof: Annotated[str, Query(max_length=64)],
) -> Response:
    """Download a file of one's own chat; inert, whatever it is."""
    here = services(request)
    if until < here.clock().timestamp():
        raise NotFound("This link has expired; open the chat again for a new one.")
    async with here.units.reading() as unit:
        found = await unit.visitors.file_of(InboxId(inbox_id), VisitorId(visitor), AttachmentId(attachment_id))
    if found is None:
        raise NotFound("There is no such file.")
    attachment, key = found
    if not hmac.compare_digest(_proof(key, str(attachment_id), until), proof):
        raise NotFound("There is no such file.")
    path = here.blobs.open(attachment.sha256)
    return FileResponse(path, headers=inert_headers(attachment), media_type=attachment.mime)


def _proof(key: bytes, attachment_id: str, until: int) -> str:
    return hmac.digest(key, f"chat file:{attachment_id}:{until}".encode(), sha256).hex()
