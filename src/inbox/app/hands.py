"""The hands that a ticket goes through: every change of them is stored, told and remembered with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from inbox.app.ports import Unit
from inbox.app.views import ticket_event
from inbox.domain.assignment import Hand, How
from inbox.domain.events import EventType
from inbox.domain.ids import ManagerId
from inbox.domain.reasons import Reason
from inbox.domain.ticket import Ticket

_TOLD = {
    How.ASSIGNED: EventType.TICKET_ASSIGNED,
    How.CLAIMED: EventType.TICKET_ASSIGNED,
    How.GIVEN: EventType.TICKET_ASSIGNED,
    How.ACCEPTED: EventType.TICKET_ASSIGNED,
    How.OFFERED: EventType.TICKET_OFFERED,
    How.DECLINED: EventType.TICKET_DECLINED,
    How.SILENT: EventType.TICKET_DECLINED,
    How.RELEASED: EventType.TICKET_RELEASED,
    How.HANDED_OVER: EventType.TICKET_RELEASED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A ticket in other hands than before, still to be stored."""

    ticket: Ticket
    manager_id: ManagerId  # whose hands it came to or left
    how: How
    why: Reason | None = None
    by: ManagerId | None = None  # None: the service


async def put(unit: Unit, *changes: Change, now: datetime) -> list[Ticket]:
    """Store changes of held tickets with their events and their history; return the tickets as they are now."""
    stored = {each.id: each for each in await unit.assignments.give((c.ticket for c in changes), now=now)}
    made = [replace(change, ticket=stored[change.ticket.id]) for change in changes if change.ticket.id in stored]
    await unit.assignments.record(*(_hand(change, now) for change in made))
    for change in made:
        unit.record(ticket_event(_TOLD[change.how], change.ticket))
    return [change.ticket for change in made]


def _hand(change: Change, now: datetime) -> Hand:
    ticket = change.ticket
    return Hand(ticket.id, ticket.contact_id, change.manager_id, change.how, now, change.by, change.why)


def in_hands(ticket: Ticket, manager_id: ManagerId, why: Reason, *, now: datetime) -> Ticket:
    """Return a ticket that a manager has from now on."""
    return replace(free(ticket), assignee_id=manager_id, assigned_at=now, assigned_why=why, declined_by=())


def free(ticket: Ticket) -> Ticket:
    """Return a ticket that nobody has and nobody is offered."""
    return replace(ticket, assignee_id=None, assigned_at=None, assigned_why=None, offered_to=None, offered_until=None)
