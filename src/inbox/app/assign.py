"""Gives tickets to managers: by themselves, by a colleague, or by the service, on every change that matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox.app import handover, offers
from inbox.app.hands import Change, free, in_hands, put
from inbox.app.ports import Unit, Units
from inbox.app.routing import Current, routed_again
from inbox.domain.assignment import Choice, How, Work, changes_at, decide
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import ManagerId, TeamId, TicketId
from inbox.domain.manager import Access, Manager
from inbox.domain.reasons import in_words
from inbox.domain.ticket import Ticket
from inbox.errors import AlreadyClaimed, Forbidden, StaleVersion

_EACH = 20  # of each kind of ticket are looked at in one pass
_AT_ONCE = 100  # are given out in one transaction: a long one holds back what the screens wait for


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over all that waits came to."""

    given: int = 0
    is_whole: bool = True  # nothing is left that can be given now; else there may be more to do at once
    is_full: bool = False  # nobody had any room, so that it does not matter what else comes
    next_at: datetime | None = None  # when more may be decided, only because time passes


@dataclass(frozen=True, slots=True)
class Scene:
    """What a decision looks at."""

    works: Sequence[Work]
    people: Sequence[Manager]
    teams: Mapping[TeamId, Team]


async def assign_waiting(units: Units, *, fallback: Sequence[str] = (), now: datetime) -> Pass:
    """Give waiting tickets to whoever may take them, the most pressing first.

    One process at a time does this for a database, so that the order holds for all of them; the others have nothing to
    do meanwhile, since whatever wakes them wakes this one as well.
    """
    async with units() as unit:
        if not await unit.assignments.alone():
            return Pass()
        await offers.end(unit, now=now)
        await handover.hand_over(unit, now=now)
        scene = await _look(unit, tuple(fallback), now=now)
        choices = decide(scene.works, scene.people, teams=scene.teams, now=now)
        given = await _give(unit, choices[:_AT_ONCE], scene, now=now)
        offer_ends = await unit.assignments.next_end()
    moments = (offer_ends, *(changes_at(work, now=now) for work in scene.works))
    next_at = min((moment for moment in moments if moment is not None), default=None)
    is_full = not any(_has_any_room(manager) for manager in scene.people)
    # Where all that was looked at of one kind was given, more of it may wait behind.
    return Pass(len(given), len(given) == len(choices) < _EACH, is_full, next_at)


async def _look(unit: Unit, fallback: tuple[str, ...], *, now: datetime) -> Scene:
    people = await unit.managers.online()
    if not any(_has_any_room(manager) for manager in people):
        return Scene((), people, {})
    teams = {team.id: team for team in await unit.campaigns.teams()}
    works = await unit.assignments.waiting(teams, each=_EACH, now=now)
    spoken = await unit.managers.spoken() if works else ()
    return Scene([understood(work, spoken, fallback) for work in works], people, teams)


def _has_any_room(manager: Manager) -> bool:
    return manager.load < manager.capacity


def understood(work: Work, spoken: Sequence[str], fallback: tuple[str, ...]) -> Work:
    """Return work with the languages that will do for it; one that nobody of us speaks is nobody's hindrance."""
    tongues = {language.partition("-")[0].casefold() for language in spoken}
    is_spoken = work.language is not None and work.language.partition("-")[0].casefold() in tongues
    return replace(work, language=work.language if is_spoken else None, fallback=fallback)


async def _give(unit: Unit, choices: Sequence[Choice], scene: Scene, *, now: datetime) -> list[Ticket]:
    """Store what was decided, without whom and what somebody changed in the meantime."""
    versions = {manager.id: manager.version for manager in scene.people}
    wanted = {choice.manager_id: versions[choice.manager_id] for choice in choices}
    ready = await unit.managers.hold(wanted) if wanted else frozenset()
    held = {ticket.id: ticket for ticket in await unit.assignments.hold([c.ticket_id for c in choices])}
    teams = {work.ticket_id: work.team for work in scene.works}
    changes = [
        _change(held[choice.ticket_id], choice, teams[choice.ticket_id], now)
        for choice in choices
        if choice.manager_id in ready and choice.ticket_id in held
    ]
    await unit.managers.assigned({change.manager_id for change in changes}, now=now)
    return await put(unit, *changes, now=now)


def _change(ticket: Ticket, choice: Choice, team: Team | None, now: datetime) -> Change:
    if choice.mode is Mode.OFFER and team is not None:
        offered = replace(free(ticket), offered_to=choice.manager_id, offered_until=now + team.offer_for)
        return Change(replace(offered, assigned_why=choice.why), choice.manager_id, How.OFFERED, choice.why)
    given = in_hands(ticket, choice.manager_id, choice.why, now=now)
    return Change(given, choice.manager_id, How.ASSIGNED, choice.why)


async def claim(unit: Unit, ticket_id: TicketId, me: ManagerId, access: Access, *, now: datetime) -> Ticket:
    """Take a ticket oneself; exactly one of many who try gets it, the others learn who did."""
    ticket = await unit.tickets.hold(ticket_id, access)
    if ticket.assignee_id == me:
        return ticket
    if ticket.assignee_id is not None:
        name = await unit.managers.name_of(ticket.assignee_id)
        raise AlreadyClaimed({"id": str(ticket.assignee_id), "name": name})
    why = in_words([{"fact": "claimed"}])
    return await _put(unit, Change(in_hands(ticket, me, why, now=now), me, How.CLAIMED, why, me), now=now)


async def assign(
    unit: Unit, ticket_id: TicketId, to: ManagerId, access: Access, *, by: ManagerId | None, now: datetime
) -> Ticket:
    """Give a ticket to a colleague, who must be allowed to see it."""
    ticket = await unit.tickets.hold(ticket_id, access)
    manager = await unit.managers.find(to)
    if not manager.active or not manager.access.sees(ticket.inbox_id, ticket.campaign_id):
        raise Forbidden(f"{manager.name} may not see this ticket.")
    if ticket.assignee_id == to:
        return ticket
    giver = await unit.managers.find(by) if by is not None else None
    why = in_words([{"fact": "given", "by": str(by) if by else None, "name": giver.name if giver else "a program"}])
    return await _put(unit, Change(in_hands(ticket, to, why, now=now), to, How.GIVEN, why, by), now=now)


async def release(
    unit: Unit,
    ticket_id: TicketId,
    access: Access,
    *,
    by: ManagerId | None,
    rules: Current | None = None,
    now: datetime,
) -> Ticket:
    """Give a ticket back to the queue, as the rules want it now; the same person is not given it again."""
    ticket = await unit.tickets.hold(ticket_id, access)
    owner = ticket.assignee_id
    if owner is None:
        return ticket
    routed = await routed_again(unit, ticket, rules) if rules is not None else ticket
    if routed != ticket:
        ticket = await unit.tickets.save(routed, now=now)
    freed = replace(free(ticket), declined_by=(*ticket.declined_by, owner))
    return await _put(unit, Change(freed, owner, How.RELEASED, in_words([{"fact": "released"}]), by), now=now)


async def _put(unit: Unit, change: Change, *, now: datetime) -> Ticket:
    stored = await put(unit, change, now=now)
    if not stored:
        raise StaleVersion
    return stored[0]
