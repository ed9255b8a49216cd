"""Gives tickets to managers: by themselves, by a colleague, or by the service."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.ports import Unit, Units
from inbox.app.views import ticket_event
from inbox.domain.assignment import in_order, may_take
from inbox.domain.events import EventType
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.manager import Access
from inbox.domain.ticket import Ticket
from inbox.errors import AlreadyClaimed, Forbidden, StaleVersion

_PASS = 50  # tickets looked at in one pass


async def best_for(unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
    """Return the ticket with the manager who should have it, whom this unit now holds; unchanged if nobody may.

    A manager whom another assignment holds at this moment is passed over; `assign_waiting` comes back for what is left.
    """
    for candidate in in_order(await unit.managers.free(), ticket.inbox_id, ticket.campaign_id):
        manager = await unit.managers.hold(candidate.id)
        if manager is not None and may_take(manager, ticket.inbox_id, ticket.campaign_id):
            await unit.managers.assigned(manager.id, now=now)
            return replace(ticket, assignee_id=manager.id)
    return ticket


async def assign_waiting(units: Units, *, now: datetime) -> int:
    """Give waiting tickets to whoever may take them, the most pressing first; return how many found somebody.

    Each in a unit of its own: a long transaction would hold back everything that the screens are waiting for.
    """
    async with units.reading() as unit:
        free = await unit.managers.free()
        waiting = await unit.tickets.unassigned(limit=_PASS) if free else []
    given = 0
    for ticket in waiting:
        if in_order(free, ticket.inbox_id, ticket.campaign_id):
            given += await _try_to_assign(units, ticket, now=now)
    return given


async def _try_to_assign(units: Units, ticket: Ticket, *, now: datetime) -> bool:
    try:
        async with units() as unit:
            chosen = await best_for(unit, ticket, now=now)
            if chosen.assignee_id is not None:
                await _save_assigned(unit, chosen, now=now)
    except StaleVersion:
        return False  # somebody took or changed it meanwhile
    return chosen.assignee_id is not None


async def claim(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Take a ticket oneself; exactly one of many who try gets it, the others learn who did."""
    ticket = await unit.tickets.hold(ticket_id, access)
    if ticket.assignee_id == me:
        return ticket
    if ticket.assignee_id is not None:
        holder = await unit.managers.find(ticket.assignee_id)
        raise AlreadyClaimed({"id": str(holder.id), "name": holder.name})
    return await _save_assigned(unit, replace(ticket, assignee_id=me), now=now)


async def assign(unit: Unit, ticket_id: TicketId, to: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Give a ticket to a colleague, who must be allowed to see it."""
    ticket = await unit.tickets.hold(ticket_id, access)
    manager = await unit.managers.find(to)
    if not manager.active or not manager.access.sees(ticket.inbox_id, ticket.campaign_id):
        raise Forbidden(f"{manager.name} may not see this ticket.")
    if ticket.assignee_id == to:
        return ticket
    return await _save_assigned(unit, replace(ticket, assignee_id=to), now=now)


async def release(unit: Unit, ticket_id: TicketId, access: Access, *, now: datetime) -> Ticket:
    """Give a ticket back to the queue."""
    ticket = await unit.tickets.hold(ticket_id, access)
    if ticket.assignee_id is None:
        return ticket
    saved = await unit.tickets.save(replace(ticket, assignee_id=None), now=now)
    unit.record(ticket_event(EventType.TICKET_RELEASED, saved))
    return saved


async def _save_assigned(unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
    saved = await unit.tickets.save(ticket, now=now)
    unit.record(ticket_event(EventType.TICKET_ASSIGNED, saved))
    return saved
