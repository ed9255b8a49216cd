"""What was said in a ticket, and what we say."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.bodies import NewCall, NewForward, NewMessage, Rescheduled, Written
from inbox.api.idempotency import once
from inbox.api.json import Json
from inbox.api.paging import Cursor, Limit, after, listed
from inbox.api.pictures import links_of
from inbox.api.services import services
from inbox.api.shapes import AudienceShape, ListOf, MessageShape, SignatureShape
from inbox.api.tickets import logged_call
from inbox.api.writer import desk_of, people_of
from inbox.app import reply
from inbox.app.audience import audience
from inbox.app.forward import Forwarding, forward
from inbox.app.ports import Unit
from inbox.app.reply import Draft
from inbox.app.schedule import Wish, reschedule, send_now
from inbox.app.shown import raw_of, shown_today
from inbox.app.views import message_view, recipient_view
from inbox.app.withdraw import withdraw
from inbox.channel.contract import Signs
from inbox.domain.ids import MessageId, TicketId
from inbox.errors import Invalid

router = APIRouter(prefix="/api/v1/tickets/{ticket_id}", tags=["messages"])

Reads = Annotated[Caller, require(scope="tickets:read")]
Works = Annotated[Caller, require(scope="tickets:write")]


@router.get("/messages", response_model=ListOf[MessageShape])
async def list_messages(
    request: Request, caller: Reads, ticket_id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Json:
    """List messages in order; the first page holds the newest, the cursor goes back in time."""
    before = _seq_of(after(cursor, parts=1))
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
        page = await unit.messages.page(ticket.id, before=before, limit=limit)
    items = tuple(await shown_today(at_hand.door, page.items))
    return listed(replace(page, items=items), partial(message_view, links=links_of(request)))


def _seq_of(key: tuple[str, ...] | None) -> int | None:
    if key is None:
        return None
    if not key[0].isdecimal() or len(key[0]) > 9:
        raise Invalid("This cursor is not one of ours.")
    return int(key[0])


@router.post("/messages", status_code=201, response_model=MessageShape)
async def write_message(request: Request, caller: Works, ticket_id: UUID, body: NewMessage) -> Json:
    """Reply to the contact, or write a note; refused if somebody wrote since `last_seen`."""
    return await once(request, caller, body, lambda unit: _written(request, unit, caller, TicketId(ticket_id), body))


async def _written(request: Request, unit: Unit, caller: Caller, ticket_id: TicketId, body: NewMessage) -> Json:
    at_hand = services(request)
    if not (body.text.strip() or body.attachments):
        raise Invalid("A message needs words.", pointer="/text")
    draft = Draft(
        text=body.text,
        last_seen=body.last_seen,
        solve=body.solve,
        send_anyway=body.send_anyway,
        uploads=tuple(body.attachments),
        parent_id=MessageId(body.parent_id) if body.parent_id else None,
        recipients=people_of(body),
        send_at=body.send_at,
        unless_answered=body.unless_answered,
    )
    desk = await desk_of(unit, caller, at_hand, addressing=bool(draft.recipients))
    if body.kind == "note":
        _, message = await reply.note(unit, desk, ticket_id, draft, now=at_hand.clock())
    else:
        ticket = await unit.tickets.find(ticket_id, caller.access)
        opened = await at_hand.inboxes.get(ticket.inbox_id)
        _, message = await reply.reply(unit, desk, ticket_id, draft, opened, now=at_hand.clock())
    return Json(message_view(message), status_code=201)


@router.post("/messages/{message_id}/forward", status_code=201, response_model=MessageShape)
async def forward_message(request: Request, caller: Works, ticket_id: UUID, message_id: UUID, body: NewForward) -> Json:
    """Pass a message on to others; the contact never sees it, nor what they answer."""
    ids = (TicketId(ticket_id), MessageId(message_id))
    return await once(request, caller, body, lambda unit: _forwarded(request, unit, caller, *ids, body))


async def _forwarded(
    request: Request, unit: Unit, caller: Caller, ticket_id: TicketId, message_id: MessageId, body: NewForward
) -> Json:
    at_hand = services(request)
    desk = await desk_of(unit, caller, at_hand, addressing=True)
    ticket = await unit.tickets.find(ticket_id, caller.access)
    opened = await at_hand.inboxes.get(ticket.inbox_id)
    files = None if body.files is None else tuple(body.files)
    wanted = Forwarding(people_of(body), body.text, files, tuple(body.attachments))
    source = await unit.messages.find(ticket.id, message_id)
    message = await forward(unit, desk, source, wanted, opened, now=at_hand.clock())
    return Json(message_view(message), status_code=201)


@router.get("/recipients", response_model=AudienceShape)
async def list_recipients(request: Request, caller: Reads, ticket_id: UUID) -> Json:
    """Propose whom the next answer goes to: the contact alone, or everybody who was in it."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
        proposed = await audience(unit, ticket, own=await at_hand.inboxes.addresses(unit))
    return Json({name: [recipient_view(r) for r in getattr(proposed, name)] for name in ("reply", "reply_all")})


@router.post("/calls", status_code=201, response_model=MessageShape)
async def log_call(request: Request, caller: Works, ticket_id: UUID, body: NewCall) -> Json:
    """Write down a call that took place."""
    return await once(request, caller, body, lambda unit: _logged(request, unit, caller, TicketId(ticket_id), body))


async def _logged(request: Request, unit: Unit, caller: Caller, ticket_id: TicketId, body: NewCall) -> Json:
    at_hand = services(request)
    desk = await desk_of(unit, caller, at_hand)
    _, message = await reply.log_call(unit, desk, ticket_id, logged_call(body), body.text, now=at_hand.clock())
    return Json(message_view(message), status_code=201)


@router.get("/messages/{message_id}/raw", response_class=Response)
async def download_raw(request: Request, caller: Reads, ticket_id: UUID, message_id: UUID) -> Response:
    """Download a message as it arrived, or as it left: of a mail its source."""
    async with services(request).units.reading() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
        message = await unit.messages.find(ticket.id, MessageId(message_id))
        octets, mime = await raw_of(unit, message)
    name = f"{ticket.number}-{message.seq}.{'eml' if mime.startswith(('message/', 'text/rfc822')) else 'bin'}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
    }
    return Response(octets, media_type="application/octet-stream", headers=headers)


@router.post("/messages/{message_id}/retry", response_model=MessageShape)
async def retry_message(request: Request, caller: Works, ticket_id: UUID, message_id: UUID) -> Json:
    """Send a message again whose delivery failed or is uncertain."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ids = (TicketId(ticket_id), MessageId(message_id))
        message = await reply.retry(unit, caller.access, *ids, now=at_hand.clock())
    return Json(message_view(message))


@router.post("/messages/{message_id}/withdraw", response_model=MessageShape)
async def withdraw_message(request: Request, caller: Works, ticket_id: UUID, message_id: UUID) -> Json:
    """Take an answer back that has not left; its files are the caller's again, to be sent otherwise."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        desk = await desk_of(unit, caller, at_hand)
        ids = (TicketId(ticket_id), MessageId(message_id))
        message = await withdraw(unit, desk, *ids, now=at_hand.clock())
    return Json(message_view(message))


@router.patch("/messages/{message_id}", response_model=MessageShape)
async def reschedule_message(
    request: Request, caller: Works, ticket_id: UUID, message_id: UUID, body: Rescheduled
) -> Json:
    """Change when a scheduled answer leaves, or whether it does once somebody has answered."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        desk = await desk_of(unit, caller, at_hand)
        ids, wish = (TicketId(ticket_id), MessageId(message_id)), Wish(body.send_at, body.unless_answered)
        message = await reschedule(unit, desk.access, *ids, wish, now=at_hand.clock())
    return Json(message_view(message))


@router.post("/messages/{message_id}/send", response_model=MessageShape)
async def send_message(request: Request, caller: Works, ticket_id: UUID, message_id: UUID) -> Json:
    """Send a scheduled answer now."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        desk = await desk_of(unit, caller, at_hand)
        ticket = await unit.tickets.find(TicketId(ticket_id), desk.access)
        opened = await at_hand.inboxes.get(ticket.inbox_id)
        message = await send_now(unit, desk, opened, ticket.id, MessageId(message_id), now=at_hand.clock())
    return Json(message_view(message))


@router.post("/signature", response_model=SignatureShape)
async def show_signature(request: Request, caller: Reads, ticket_id: UUID, body: Written) -> Json:
    """Show what will stand below an answer with this text: its language picks the signature, or else the ticket's."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
    connection = (await at_hand.inboxes.get(ticket.inbox_id)).connection
    language = at_hand.door.languages.written_in(body.text, ticket.language)
    text = connection.signature(language) if isinstance(connection, Signs) else ""
    return Json({"language": language, "text": text})
