"""Who is on what, what waits, and why: for those who keep an eye on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.app.assign import Scene, understood
from inbox.app.ports import Unit
from inbox.app.views import moment
from inbox.domain.assignment import Hand, refusal, why_waiting
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.lanes import Lane
from inbox.domain.manager import Access, Manager
from inbox.domain.reasons import Reason, in_words, reason_view
from inbox.domain.ticket import State, Ticket


async def why(
    unit: Unit, ticket_id: TicketId, access: Access, *, fallback: Sequence[str] = (), now: datetime
) -> dict[str, Any]:
    """Say why a ticket has whom it has, or why it still waits, and through whose hands it went."""
    ticket = await unit.tickets.find(ticket_id, access)
    people = [manager for manager in await unit.managers.all() if manager.active]
    teams = {team.id: team for team in await unit.campaigns.teams()}
    spoken = [language for manager in people for language in manager.languages]
    work = understood(await unit.assignments.work_of(ticket.id, teams), spoken, tuple(fallback))
    scene = Scene([work], people, teams)
    waiting = await _waiting(unit, ticket, scene, now=now)
    return {
        "assigned": reason_view(ticket.assigned_why if ticket.assignee_id else None),
        "waiting": reason_view(waiting),
        "lane": reason_view(ticket.lane_why),
        "routed": reason_view(ticket.routed_why),
        "history": [_hand_view(hand) for hand in await unit.assignments.history(ticket.id)],
        "managers": [_may_view(manager, scene, now) for manager in people],
    }


def _may_view(manager: Manager, scene: Scene, now: datetime) -> dict[str, Any]:
    return {"manager_id": str(manager.id), "refusal": refusal(manager, scene.works[0], teams=scene.teams, now=now)}


async def _waiting(unit: Unit, ticket: Ticket, scene: Scene, *, now: datetime) -> Reason | None:
    if ticket.assignee_id is not None or ticket.state not in {State.OPEN, State.SNOOZED}:
        return None
    if ticket.state is State.SNOOZED:
        return in_words([{"fact": "snoozed", "until": moment(ticket.snoozed_until)}])
    if ticket.lane is not Lane.ANSWER:
        return in_words([{"fact": "lane", "lane": ticket.lane.value}])
    if ticket.offered_to is not None:
        return await _offered(unit, ticket, ticket.offered_to, now=now)
    return why_waiting(scene.works[0], scene.people, teams=scene.teams, now=now)


async def _offered(unit: Unit, ticket: Ticket, to: ManagerId, *, now: datetime) -> Reason:
    manager = await unit.managers.find(to)
    left = max(round(((ticket.offered_until or now) - now).total_seconds()), 0)
    return in_words([{"fact": "offered", "manager_id": str(to), "name": manager.name, "seconds": left}])


def _hand_view(hand: Hand) -> dict[str, Any]:
    return {
        "at": moment(hand.at),
        "how": hand.how.value,
        "manager_id": str(hand.manager_id),
        "by": str(hand.by) if hand.by else None,
        "why": reason_view(hand.why),
    }


async def board(unit: Unit, access: Access, *, now: datetime) -> dict[str, Any]:
    """Show who is on what, and what waits by channel and language; only of what the caller may see."""
    held: dict[ManagerId, list[dict[str, Any]]] = {}
    for ticket in await unit.tickets.held(access, now=now):
        owner = ticket.assignee_id or ticket.offered_to
        if owner is not None:
            held.setdefault(owner, []).append(_held_view(ticket))
    people = [manager for manager in await unit.managers.all() if manager.active]
    return {
        "at": moment(now),
        "managers": [_manager_view(manager, held.get(manager.id, [])) for manager in people],
        "waiting": [_cell_view(cell) for cell in await unit.tickets.waiting_cells(access)],
    }


def _manager_view(manager: Manager, tickets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(manager.id),
        "name": manager.name,
        "availability": manager.availability.value,
        "load": manager.load,
        "capacity": manager.capacity,
        "holds": dict(manager.holds),
        "languages": list(manager.languages),
        "skills": list(manager.skills),
        "teams": [str(team) for team in sorted(manager.teams)],
        "tickets": tickets,
    }


def _held_view(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": str(ticket.id),
        "number": ticket.number,
        "channel": ticket.channel,
        "state": ticket.state.value,
        "subject": ticket.subject,
        "contact": ticket.contact_name,
        "last_line": ticket.last_line,
        "language": ticket.language,
        "priority": int(ticket.priority),
        "weight": ticket.weight,
        "offered": ticket.assignee_id is None,
        "waiting_since": moment(ticket.waiting_since),
        "due_at": moment(ticket.due_at),
        "assigned_at": moment(ticket.assigned_at),
    }


def _cell_view(cell: dict[str, Any]) -> dict[str, Any]:
    return {
        "channel": cell["channel"],
        "language": cell["language"],
        "count": cell["count"],
        "oldest": moment(cell["oldest"]),
        "due_at": moment(cell["due_at"]),
    }
