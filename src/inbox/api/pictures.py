"""Pictures of messages: by addresses that we signed, and the choice whose are fetched from elsewhere."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import FileResponse, Response

from inbox.api.auth import Caller, require
from inbox.api.bodies import Strict
from inbox.api.files import inert_headers
from inbox.api.json import Json
from inbox.api.mail_shapes import PictureSenderShape, PicturesShape
from inbox.api.paging import Cursor, Limit, after, listed
from inbox.api.services import services
from inbox.api.shapes import ListOf
from inbox.app.pictures import PictureLinks, held_back, sender_of, url_in
from inbox.app.ports import Unit
from inbox.app.views import moment
from inbox.domain.ids import AttachmentId, MessageId, TicketId
from inbox.domain.manager import EVERYTHING, Role
from inbox.domain.message import Message
from inbox.errors import Forbidden, Invalid, NotFound

router = APIRouter(tags=["messages"])
_OF_MESSAGE = "/api/v1/tickets/{ticket_id}/messages/{message_id}/pictures"

Until = Annotated[int, Query(ge=0, lt=1 << 40)]
Leads = Annotated[Caller, require(role=Role.LEAD, scope="tickets:write")]
Address = Annotated[str, Path(max_length=320)]
Proof = Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")]


class NewChoice(Strict):
    """Whether this sender's pictures are always fetched."""

    always: bool = Field(description="true: those of every message from this sender, for everybody here")


@router.get("/pictures/remote/{path}", include_in_schema=False)
async def show_remote(request: Request, path: str, until: Until, proof: Proof) -> Response:
    """Show a picture from elsewhere, fetched by us: its sender does not see who reads."""
    at_hand = services(request)
    url = url_in(path)
    if url is None or not links_of(request).holds(url, until=until, proof=proof):
        raise NotFound("This address was not made here, or has expired.")
    picture, octets = await at_hand.pictures.get(url)
    return Response(octets, media_type=picture.mime, headers=_HEADERS)


@router.get("/pictures/{attachment_id}", include_in_schema=False)
async def show_own(request: Request, attachment_id: UUID, until: Until, proof: Proof) -> Response:
    """Show a picture that came with a message."""
    at_hand = services(request)
    if not links_of(request).holds(str(attachment_id), until=until, proof=proof):
        raise NotFound("This address was not made here, or has expired.")
    async with at_hand.units.reading() as unit:
        attachment, _, _ = await unit.messages.find_file(AttachmentId(attachment_id))
    path = at_hand.blobs.open(attachment.sha256)
    headers = inert_headers(attachment, inline=True) | {"cross-origin-resource-policy": "cross-origin"}
    return FileResponse(path, headers=headers, media_type=attachment.mime)


@router.get(_OF_MESSAGE, response_model=PicturesShape)
async def show_choice(
    request: Request, caller: Annotated[Caller, require(scope="tickets:read")], ticket_id: UUID, message_id: UUID
) -> Json:
    """Tell how many pictures of a message are held back, and whether its sender's are always fetched."""
    async with services(request).units.reading() as unit:
        message = await _find(unit, caller, ticket_id, message_id)
        return Json(await _view(unit, message))


@router.put(_OF_MESSAGE, response_model=PicturesShape)
async def choose(
    request: Request,
    caller: Annotated[Caller, require(scope="tickets:write")],
    ticket_id: UUID,
    message_id: UUID,
    body: NewChoice,
) -> Json:
    """Choose whether the pictures of a message's sender are always fetched; holds for everybody."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        message = await _find(unit, caller, ticket_id, message_id)
        sender = sender_of(message)
        if sender is None:
            raise Invalid("Nobody knows whether the address of this sender is theirs.")
        await unit.pictures.trust(sender, always=body.always, now=at_hand.clock())
        return Json(await _view(unit, message))


@router.get("/api/v1/picture-senders", response_model=ListOf[PictureSenderShape])
async def list_senders(request: Request, caller: Leads, limit: Limit = 50, cursor: Cursor = None) -> Json:
    """List the senders whose pictures are always fetched, by their addresses."""
    if caller.access != EVERYTHING:
        raise Forbidden("Only who may see all inboxes and campaigns may see whose pictures are always fetched.")
    place = after(cursor, parts=1)
    async with services(request).units.reading() as unit:
        page = await unit.pictures.trusted(after=place[0] if place else None, limit=limit)
    return listed(page, lambda sender: {"address": sender.address, "since": moment(sender.since)})


@router.delete("/api/v1/picture-senders/{address}", status_code=204, response_class=Response)
async def forget_sender(request: Request, caller: Leads, address: Address) -> Response:
    """Fetch the pictures of a sender only when somebody wants them."""
    at_hand, key = services(request), address.replace("\x00", "").strip().lower()
    if caller.access != EVERYTHING:
        raise Forbidden("Only who may see all inboxes and campaigns may decide this for all of them.")
    async with at_hand.units() as unit:
        if not await unit.pictures.trusts(key):
            raise NotFound("The pictures of this sender are not always fetched.")
        await unit.pictures.trust(key, always=False, now=at_hand.clock())
    return Response(status_code=204)


def links_of(request: Request) -> PictureLinks:
    """Return what signs the addresses of pictures."""
    at_hand = services(request)
    return PictureLinks(at_hand.picture_key, at_hand.clock())


async def _find(unit: Unit, caller: Caller, ticket_id: UUID, message_id: UUID) -> Message:
    ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
    return await unit.messages.find(ticket.id, MessageId(message_id))


async def _view(unit: Unit, message: Message) -> dict[str, Any]:
    sender = sender_of(message)
    always = sender is not None and await unit.pictures.trusts(sender)
    return {"held_back": held_back(message), "sender": sender, "always": always}


_HEADERS = {
    "content-disposition": "inline",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "private, max-age=3600, immutable",
}
