"""Two tickets that are one, and one that is two: merged and split, and put back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from inbox.api.auth import Caller, require
from inbox.api.bodies import Merge, Split
from inbox.api.idempotency import once
from inbox.api.json import Json
from inbox.api.services import services
from inbox.api.shapes import TicketShape
from inbox.app.lines import By
from inbox.app.merge import merge, unmerge
from inbox.app.ports import Unit
from inbox.app.split import Cut, split, unsplit
from inbox.app.views import ticket_view
from inbox.domain.ids import MessageId, TicketId

router = APIRouter(prefix="/api/v1/tickets/{ticket_id}", tags=["tickets"])

Works = Annotated[Caller, require(scope="tickets:write")]


async def _by(unit: Unit, caller: Caller, reason: str | None = None) -> By:
    name = await unit.managers.name_of(caller.manager_id) if caller.manager_id else None
    return By(caller.access, caller.manager_id, name, reason)


@router.post("/merge", response_model=TicketShape)
async def merge_ticket(request: Request, caller: Works, ticket_id: UUID, body: Merge) -> Json:
    """Put a ticket into another one; mail to it, and its number, lead there from now on. Returns the other one."""
    return await once(request, caller, body, lambda unit: _merged(request, unit, caller, ticket_id, body))


async def _merged(request: Request, unit: Unit, caller: Caller, ticket_id: UUID, body: Merge) -> Json:
    ids = (TicketId(ticket_id), TicketId(body.into))
    by, now = await _by(unit, caller, body.reason), services(request).clock()
    return Json(ticket_view(await merge(unit, *ids, by, others=body.different_contacts, now=now)))


@router.delete("/merge", response_model=TicketShape)
async def unmerge_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Take a merged ticket out again: its messages go back, and what came in since stays where it came in."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await unmerge(unit, TicketId(ticket_id), await _by(unit, caller), now=at_hand.clock())
    return Json(ticket_view(ticket))


@router.post("/split", status_code=201, response_model=TicketShape)
async def split_ticket(request: Request, caller: Works, ticket_id: UUID, body: Split) -> Json:
    """Make a ticket of its own of some messages; whoever answers them is heard there. Returns the new one."""
    return await once(request, caller, body, lambda unit: _split(request, unit, caller, ticket_id, body))


async def _split(request: Request, unit: Unit, caller: Caller, ticket_id: UUID, body: Split) -> Json:
    cut = Cut(tuple(MessageId(each) for each in body.messages), body.subject)
    by, now = await _by(unit, caller, body.reason), services(request).clock()
    return Json(ticket_view(await split(unit, TicketId(ticket_id), cut, by, now=now)), status_code=201)


@router.delete("/split", response_model=TicketShape)
async def unsplit_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Put the messages of a ticket that was split off back, as long as nothing was said in it. Returns the old one."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await unsplit(unit, TicketId(ticket_id), await _by(unit, caller), now=at_hand.clock())
    return Json(ticket_view(ticket))
