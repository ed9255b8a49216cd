"""The load board, why a ticket is where it is, and answers to offers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from inbox.api.auth import Caller, require
from inbox.api.board_shapes import BoardShape, WhyShape
from inbox.api.json import Json
from inbox.api.services import services
from inbox.api.shapes import TicketShape
from inbox.app import offers
from inbox.app.board import board, why
from inbox.app.views import ticket_view
from inbox.domain.ids import TicketId
from inbox.domain.manager import Role

router = APIRouter(prefix="/api/v1", tags=["routing"])

Reads = Annotated[Caller, require(scope="tickets:read")]
Works = Annotated[Caller, require(scope="tickets:write")]
Leads = Annotated[Caller, require(role=Role.LEAD)]


@router.get("/board", response_model=BoardShape)
async def get_board(request: Request, caller: Leads) -> Json:
    """Show who is on what, and what waits by channel and language."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        return Json(await board(unit, caller.access, now=at_hand.clock()))


@router.get("/tickets/{ticket_id}/why", response_model=WhyShape)
async def get_why(request: Request, caller: Reads, ticket_id: UUID) -> Json:
    """Say why a ticket has whom it has, or why it still waits, and through whose hands it went."""
    at_hand = services(request)
    fallback = at_hand.door.routing.current.router.book.fallback_languages
    async with at_hand.units.reading() as unit:
        return Json(await why(unit, TicketId(ticket_id), caller.access, fallback=fallback, now=at_hand.clock()))


@router.post("/tickets/{ticket_id}/accept", response_model=TicketShape)
async def accept_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Take a ticket that one was offered; refused with 409 once the offer has passed."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await offers.accept(unit, TicketId(ticket_id), caller.me, caller.access, now=at_hand.clock())
    return Json(ticket_view(ticket))


@router.post("/tickets/{ticket_id}/extend", response_model=TicketShape)
async def extend_offer(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Let an offer stand once more for its whole time; refused with 409 the second time."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await offers.extend(unit, TicketId(ticket_id), caller.me, caller.access, now=at_hand.clock())
    return Json(ticket_view(ticket))


@router.post("/tickets/{ticket_id}/decline", response_model=TicketShape)
async def decline_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Refuse a ticket that one was offered: it goes on to the next."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await offers.decline(unit, TicketId(ticket_id), caller.me, caller.access, now=at_hand.clock())
    return Json(ticket_view(ticket))
