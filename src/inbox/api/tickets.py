"""The queue and the work: tickets, listed and changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from inbox.api.auth import Caller, require
from inbox.api.bodies import Assignment, NewTicket, TicketChange, To, dialled, given
from inbox.api.idempotency import once
from inbox.api.json import Json
from inbox.api.paging import Cursor, Limit, after, listed
from inbox.api.services import services
from inbox.api.shapes import Counters, TicketList, TicketShape
from inbox.api.writer import desk_of, people_of
from inbox.app import assign
from inbox.app.begin import Beginning, begin
from inbox.app.change import Wish, change
from inbox.app.contacts import correct_language
from inbox.app.ports import Unit
from inbox.app.queries import Sort, TicketQuery, View
from inbox.app.views import ticket_view
from inbox.domain.calls import Call
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import CampaignId, ContactId, InboxId, ManagerId, TicketId
from inbox.domain.ticket import Priority, State
from inbox.errors import Invalid

router = APIRouter(prefix="/api/v1", tags=["tickets"])

Reads = Annotated[Caller, require(scope="tickets:read")]
Works = Annotated[Caller, require(scope="tickets:write")]


@dataclass(frozen=True, slots=True)
class Filters:
    """The query of the list of tickets."""

    view: View = View.QUEUE
    sort: Sort = Sort.DUE
    inbox: UUID | None = None
    campaign: Annotated[str | None, Query(max_length=36, description="an id, or `unsorted`")] = None
    channel: Annotated[str | None, Query(max_length=60)] = None
    assignee: Annotated[str | None, Query(max_length=36, description="an id, or `none`")] = None
    state: State | None = None
    q: Annotated[str | None, Query(max_length=200, description="words of contact, subject or number")] = None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not an id.") from error


def query_of(filters: Filters, caller: Caller, cursor: str | None, limit: int) -> TicketQuery:
    """Read the query of the list of tickets."""
    in_campaign = filters.campaign not in {None, "unsorted"}
    of_somebody = filters.assignee not in {None, "none"}
    return TicketQuery(
        access=caller.access,
        me=caller.manager_id,
        view=filters.view,
        sort=filters.sort,
        inbox_id=InboxId(filters.inbox) if filters.inbox else None,
        campaign_id=CampaignId(_id(filters.campaign)) if filters.campaign and in_campaign else None,
        unsorted=filters.campaign == "unsorted",
        channel=filters.channel,
        assignee_id=ManagerId(_id(filters.assignee)) if filters.assignee and of_somebody else None,
        nobodys=filters.assignee == "none",
        state=filters.state,
        words=filters.q.replace("\x00", "") if filters.q else None,
        after=after(cursor, parts=3 if filters.sort is Sort.DUE else 2),
        limit=limit,
    )


@router.get("/tickets", response_model=TicketList)
async def list_tickets(
    request: Request, caller: Reads, filters: Annotated[Filters, Depends()], limit: Limit = 50, cursor: Cursor = None
) -> Json:
    """List tickets: by default the open ones, the most pressing first."""
    async with services(request).units.reading() as unit:
        position = await unit.stream.tip(epoch=unit.epoch)
        page = await unit.tickets.page(query_of(filters, caller, cursor, limit))
    return listed(page, ticket_view, position=str(position))


@router.get("/counters", response_model=Counters)
async def counters(request: Request, caller: Reads) -> Json:
    """Count what is at work."""
    async with services(request).units.reading() as unit:
        position = await unit.stream.tip(epoch=unit.epoch)
        found = await unit.tickets.counters(caller.access, caller.manager_id)
        quarantine = await unit.originals.count_quarantined(caller.access)
    return Json({"position": str(position), **found, "quarantine": quarantine})


@router.post("/tickets", status_code=201, response_model=TicketShape)
async def begin_ticket(request: Request, caller: Works, body: NewTicket) -> Json:
    """Begin a ticket: write a mail, or log a call."""
    return await once(request, caller, body, lambda unit: _begun(request, unit, caller, body))


async def _begun(request: Request, unit: Unit, caller: Caller, body: NewTicket) -> Json:
    at_hand = services(request)
    opened = await at_hand.inboxes.get(InboxId(body.inbox_id))
    desk = await desk_of(unit, caller, at_hand, addressing=True)
    ticket = await begin(unit, desk, opened, _beginning(body), now=at_hand.clock())
    return Json(ticket_view(ticket), status_code=201)


def _beginning(body: NewTicket) -> Beginning:
    if body.call is None and not body.text.strip():
        raise Invalid("A message needs words.")
    if body.call is not None and (body.cc or body.bcc):
        raise Invalid("A call that is written down goes to nobody.")
    return Beginning(
        text=body.text,
        contact_id=ContactId(body.to.contact_id) if body.to.contact_id else None,
        claim=_claim(body.to),
        name=body.to.name,
        subject=body.subject,
        campaign_id=CampaignId(body.campaign_id) if body.campaign_id else None,
        call=logged_call(body.call) if body.call else None,
        copies=people_of(body),
    )


def _claim(to: To) -> Claim | None:
    given_ones = [value for value in (to.contact_id, to.email, to.phone) if value]
    if len(given_ones) != 1:
        raise Invalid("Name one of contact_id, email and phone.")
    if to.email:
        return Claim(IdentityKind.EMAIL, to.email)
    if to.phone:
        return Claim(IdentityKind.PHONE, dialled(to.phone))
    return None


def logged_call(body: Any) -> Call:  # noqa: ANN401 - a LoggedCall or one that has a text too
    """Read a call that took place."""
    reached = body.outcome == "reached"
    return Call(
        inbound=body.direction == "inbound",
        started_at=body.at,
        answered_at=body.at if reached else None,
        ended_at=body.at,
        duration=body.duration,
        voicemail=body.outcome == "voicemail",
        missed=not reached,
        cause=body.outcome,
        cause_at=body.at,
    )


@router.get("/tickets/{ticket_id}", response_model=TicketShape)
async def get_ticket(request: Request, caller: Reads, ticket_id: UUID) -> Json:
    """Show a ticket."""
    async with services(request).units.reading() as unit:
        return Json(ticket_view(await unit.tickets.find(TicketId(ticket_id), caller.access)))


@router.patch("/tickets/{ticket_id}", response_model=TicketShape)
async def change_ticket(request: Request, caller: Works, ticket_id: UUID, body: TicketChange) -> Json:
    """Change a ticket: its state, priority, tags, subject and campaign, and what routing found for it.

    The language that a manager says is kept for the person who wrote last, too.
    """
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
        live = (await at_hand.inboxes.get(ticket.inbox_id)).capabilities.live
        wish = replace(_wish(body), rules=at_hand.door.routing.current)
        changed = await change(unit, ticket.id, wish, caller.access, live=live, now=at_hand.clock())
        if body.language is not None and caller.manager_id is not None:
            await correct_language(unit, ticket.id, body.language)
    return Json(ticket_view(changed))


_MAY_BE_NONE = {"campaign_id", "subject", "language", "team_id", "lane_why"}


def _wish(body: TicketChange) -> Wish:
    if body.snoozed_until is not None and body.state != "snoozed":
        raise Invalid("This goes with the state snoozed.", pointer="/snoozed_until")
    fields = given(body, "version", "state", "snoozed_until")
    if fields.get("priority") is not None:
        fields["priority"] = Priority(fields["priority"])
    if fields.get("tags") is not None:
        fields["tags"] = tuple(dict.fromkeys(fields["tags"]))
    if fields.get("campaign_id") is None and "campaign_id" in fields:
        fields["campaign_key"] = None
    if fields.get("skills") is not None:
        fields["skills"] = tuple(dict.fromkeys(fields["skills"]))
    if fields.get("lane") is not None:
        fields |= {"lane_by": "manager", "lane_why": None}
    kept = {name: value for name, value in fields.items() if value is not None or name in _MAY_BE_NONE}
    if kept.get("campaign_id") is not None:
        kept["campaign_key"] = None
    return Wish(body.version, State(body.state) if body.state else None, body.snoozed_until, kept)


@router.post("/tickets/{ticket_id}/claim", response_model=TicketShape)
async def claim_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Take a ticket oneself; of many who try, one gets it."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await assign.claim(unit, TicketId(ticket_id), caller.me, caller.access, now=at_hand.clock())
    return Json(ticket_view(ticket))


@router.post("/tickets/{ticket_id}/release", response_model=TicketShape)
async def release_ticket(request: Request, caller: Works, ticket_id: UUID) -> Json:
    """Give a ticket back to the queue."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        ticket = await assign.release(
            unit,
            TicketId(ticket_id),
            caller.access,
            by=caller.manager_id,
            rules=at_hand.door.routing.current,
            now=at_hand.clock(),
        )
    return Json(ticket_view(ticket))


@router.post("/tickets/{ticket_id}/assign", response_model=TicketShape)
async def assign_ticket(request: Request, caller: Works, ticket_id: UUID, body: Assignment) -> Json:
    """Give a ticket to a colleague who may see it."""
    at_hand = services(request)
    async with at_hand.units() as unit:
        to = ManagerId(body.manager_id)
        ticket = await assign.assign(
            unit, TicketId(ticket_id), to, caller.access, by=caller.manager_id, now=at_hand.clock()
        )
    return Json(ticket_view(ticket))
