"""Handing over: what somebody leaves behind is given to others."""

from __future__ import annotations

from datetime import datetime

from inbox.app.hands import Change, free, put
from inbox.app.ports import Unit
from inbox.app.queries import TicketQuery, View
from inbox.domain.assignment import How
from inbox.domain.ids import ManagerId
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.reasons import Reason, in_words
from inbox.domain.ticket import Ticket


async def hand_over(unit: Unit, *, now: datetime) -> int:
    """Free the open tickets of those who have gone or are kept out; return how many.

    Whoever is offline leaves all that waits for us. Whoever is away leaves the live conversations, what is late, and
    what its contact reopened meanwhile; the rest is still theirs when they come back. What somebody may not see any
    more leaves them wherever they are.
    """
    left = await unit.assignments.left_behind(now=now)
    owners: dict[ManagerId, Manager] = {}
    changes = []
    for ticket in left:
        owner = ticket.assignee_id
        if owner is None:
            continue
        if owner not in owners:
            owners[owner] = await unit.managers.find(owner)
        changes.append(Change(free(ticket), owner, How.HANDED_OVER, _why(owners[owner], ticket)))
    return len(await put(unit, *changes, now=now))


async def leave_all(unit: Unit, owner: Manager, *, now: datetime) -> None:
    """Free all tickets of somebody who does not come back, those that wait for their contact too."""
    query = TicketQuery(access=EVERYTHING, me=owner.id, view=View.MINE, limit=100)
    while page := (await unit.tickets.page(query)).items:
        held = [await unit.tickets.hold(ticket.id, EVERYTHING) for ticket in page]
        await put(unit, *(Change(free(t), owner.id, How.HANDED_OVER, _why(owner, t)) for t in held), now=now)


def _why(owner: Manager, ticket: Ticket) -> Reason:
    state = owner.availability.value if owner.active else "deactivated"
    if owner.active and not owner.access.sees(ticket.inbox_id, ticket.campaign_id):
        state = "without_access"
    return in_words([{"fact": "left", "name": owner.name, "availability": state}])
