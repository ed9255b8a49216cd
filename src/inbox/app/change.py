"""Changes of a ticket by a manager: state, priority, tags, subject, campaign, and what routing decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.app.closing import keep_closing
from inbox.app.ports import PublicEntry, Unit
from inbox.app.routing import Current, routed_again
from inbox.app.views import moment, ticket_event
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType
from inbox.domain.ids import ClockId, MessageId, TicketId, new_id
from inbox.domain.manager import Access
from inbox.domain.routing_effects import BY_HAND
from inbox.domain.ticket import State, Ticket, clocked, moved
from inbox.errors import Invalid, NotFound, StaleVersion


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to change of a ticket, as its writer saw it at `version`."""

    version: int
    state: State | None = None
    snoozed_until: datetime | None = None
    fields: dict[str, Any] = field(default_factory=dict)  # of Ticket
    rules: Current | None = None  # decide again where a person changed what they ask for; None: nothing does


async def change(unit: Unit, ticket_id: TicketId, wish: Wish, access: Access, *, live: bool, now: datetime) -> Ticket:
    """Change a ticket; raise StaleVersion if it changed since its writer looked."""
    ticket = await unit.tickets.hold(ticket_id, access)
    if ticket.version != wish.version:
        raise StaleVersion
    by_hand = tuple(sorted({*ticket.by_hand, *(BY_HAND & wish.fields.keys())}))
    wanted = replace(ticket, **wish.fields, by_hand=by_hand)
    if wanted.campaign_id is not None and wanted.campaign_id != ticket.campaign_id:
        await _check_campaign(unit, wanted, access)
    if wanted.team_id is not None and wanted.team_id != ticket.team_id:
        await unit.campaigns.find_team(wanted.team_id)
    if wish.state is not None:
        wanted = await _move(unit, wanted, wish, now=now)
    wanted = clocked(await _waiting_again(unit, ticket, wanted))
    if wish.rules is not None and _asked_for(wanted) != _asked_for(ticket):
        wanted = await routed_again(unit, wanted, wish.rules)
    if wanted == ticket:
        return ticket
    if live and wanted.state is not ticket.state:
        wanted = await tell_visitor(unit, wanted, now=now)
    saved = await unit.tickets.save(wanted, now=now)
    unit.record(ticket_event(EventType.TICKET_CHANGED, saved, before={"state": ticket.state.value}))
    return saved


def _asked_for(ticket: Ticket) -> tuple[object, ...]:
    """Return what rules ask for and a person may change."""
    return (ticket.campaign_id, ticket.language)


async def _waiting_again(unit: Unit, before: Ticket, wanted: Ticket) -> Ticket:
    """Let somebody wait again whose ticket was solved or put aside though nobody had answered."""
    put_back = before.state in {State.SOLVED, State.CLOSED} or wanted.lane is not before.lane
    if not put_back or wanted.state is not State.OPEN or wanted.waiting_since or wanted.last_direction != "inbound":
        return wanted
    message = await unit.messages.last_inbound(wanted.id)
    return replace(wanted, waiting_since=message.at) if message is not None else wanted


async def tell_visitor(unit: Unit, ticket: Ticket, *, now: datetime) -> Ticket:
    """Let the visitor of a chat see the ticket's new state, in the order of all that they see."""
    entry = {"type": "update", "kind": "state", "state": ticket.state.value, "at": moment(now)}
    await unit.visitors.log(PublicEntry(ticket.id, ticket.public_seq + 1, None, entry, now))
    return replace(ticket, public_seq=ticket.public_seq + 1)


async def tell_visitor_mailed(unit: Unit, ticket: Ticket, copies: Sequence[str], *, now: datetime) -> Ticket:
    """Let the visitor of a chat see that messages went to them by mail too; not where to, for others may look on."""
    places = await unit.visitors.mark_mailed(ticket.id, [MessageId(UUID(each)) for each in copies])
    entry = {"type": "update", "kind": "mailed", "mailed": places, "at": moment(now)}
    await unit.visitors.log(PublicEntry(ticket.id, ticket.public_seq + 1, None, entry, now))
    return replace(ticket, public_seq=ticket.public_seq + 1)


async def _check_campaign(unit: Unit, ticket: Ticket, access: Access) -> None:
    if ticket.campaign_id is None or not access.sees(ticket.inbox_id, ticket.campaign_id):
        raise NotFound("There is no such campaign.")
    await unit.campaigns.find(ticket.campaign_id)


async def _move(unit: Unit, ticket: Ticket, wish: Wish, *, now: datetime) -> Ticket:
    state = wish.state or ticket.state
    await unit.clocks.stop(ticket.id, ClockKind.SNOOZE, now=now)
    if state is State.SNOOZED:
        await _start_snooze(unit, ticket, wish.snoozed_until, now=now)
    if state is State.SOLVED:
        await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, now=now)
    after = moved(ticket, state, now=now, until=wish.snoozed_until)
    await keep_closing(unit, ticket.state, after, now=now)
    return after


async def _start_snooze(unit: Unit, ticket: Ticket, until: datetime | None, *, now: datetime) -> None:
    if until is None or until <= now:
        raise Invalid("Say until when in the future the ticket is to sleep (snoozed_until).")
    await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, ClockKind.SNOOZE, started_at=now, due_at=until))
