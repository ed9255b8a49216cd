"""Offers: a ticket is shown to one manager for a while, who accepts it, declines it, or lets it pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.hands import Change, free, in_hands, put
from inbox.app.ports import Unit
from inbox.app.presence import set_availability
from inbox.domain.assignment import How
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.manager import Access, Availability
from inbox.domain.reasons import Reason, in_words
from inbox.domain.ticket import Ticket
from inbox.errors import Conflict

_AWAY_AFTER = 2  # offers let pass in a row


async def accept(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Take what one was offered; raise Conflict if the offer has gone on to somebody else."""
    ticket = await _offered(unit, ticket_id, me, access)
    await unit.managers.let_pass(me, in_a_row=0)
    why = ticket.assigned_why or in_words([{"fact": "accepted"}])
    stored = await put(unit, Change(in_hands(ticket, me, why, now=now), me, How.ACCEPTED, why, me), now=now)
    return stored[0]


async def decline(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Refuse what one was offered: it goes on to the next, and does not come back."""
    ticket = await _offered(unit, ticket_id, me, access)
    await unit.managers.let_pass(me, in_a_row=0)
    stored = await put(unit, Change(_passed_on(ticket, me), me, How.DECLINED, by=me), now=now)
    return stored[0]


async def extend(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Let an offer stand once more for its whole time, for whoever needs longer to read it (WCAG 2.2.1)."""
    ticket = await _offered(unit, ticket_id, me, access)
    last = (await unit.assignments.history(ticket.id))[-1]
    if last.by is not None or ticket.offered_until is None:
        raise Conflict("This offer was extended already.")
    longer = replace(ticket, offered_until=now + (ticket.offered_until - last.at))
    why = in_words([{"fact": "more_time"}])
    stored = await put(unit, Change(longer, me, How.OFFERED, why, me), now=now)
    return stored[0]


async def _offered(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access) -> Ticket:
    ticket = await unit.tickets.hold(ticket_id, access)
    if ticket.offered_to != me:
        raise Conflict("This offer has passed.")
    return ticket


def _passed_on(ticket: Ticket, manager_id: ManagerId) -> Ticket:
    return replace(free(ticket), declined_by=(*ticket.declined_by, manager_id))


async def end(unit: Unit, *, now: datetime) -> None:
    """End the offers that nobody answered in time, and those whose sense is gone; the silent ones become away."""
    for ticket in await unit.assignments.ended_offers(now=now):
        manager_id = ticket.offered_to
        if manager_id is None:
            continue
        if ticket.offered_until is not None and ticket.offered_until <= now:
            await put(unit, Change(_passed_on(ticket, manager_id), manager_id, How.SILENT), now=now)
            await _count_silence(unit, manager_id, now=now)
        else:
            await put(unit, Change(free(ticket), manager_id, How.HANDED_OVER, _withdrawn()), now=now)


def _withdrawn() -> Reason:
    return in_words([{"fact": "withdrawn"}])


async def _count_silence(unit: Unit, manager_id: ManagerId, *, now: datetime) -> None:
    manager = await unit.managers.find(manager_id)
    silent = manager.silent + 1
    if silent < _AWAY_AFTER or manager.availability is not Availability.ONLINE:
        await unit.managers.let_pass(manager_id, in_a_row=silent)
        return
    await unit.managers.let_pass(manager_id, in_a_row=0)
    await set_availability(unit, await unit.managers.find(manager_id), Availability.AWAY, now=now)
