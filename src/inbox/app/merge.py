"""Makes one ticket of two, and two of them again: all messages stand in one, the other is a name of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.closing import keep_closing
from inbox.app.lines import By, facts, line
from inbox.app.ports import Unit
from inbox.app.views import ticket_event
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType
from inbox.domain.ids import ClockId, TicketId, new_id
from inbox.domain.message import Kind
from inbox.domain.moving import (
    Move,
    MoveKind,
    check_merge,
    joined_by,
    merged,
    parted,
    standing,
    without,
)
from inbox.domain.ticket import State, Ticket, noted, preview
from inbox.errors import Merged, TransitionRefused


async def merge(
    unit: Unit, source_id: TicketId, target_id: TicketId, by: By, *, others: bool = False, now: datetime
) -> Ticket:
    """Put the messages of one ticket into another, and let mail and numbers of the first lead there.

    Raises DifferentContacts unless `others` says that both people are meant, and Merged for what is merged already.
    """
    source, target = await hold_both(unit, source_id, target_id, by)
    check_merge(source, target, others=others)
    places = await unit.moves.join(source.id, target.id)
    before = (standing(source), standing(target))
    move = Move(new_id(), MoveKind.MERGE, source.id, target.id, now, by.manager_id, by.reason, places, *before)
    await unit.moves.add(move)
    await unit.moves.rename(source.id, target.id)
    await unit.clocks.stop(source.id, *ClockKind, now=now)
    gone = await unit.tickets.save(merged(source, into=target.id, now=now), now=now)
    unit.record(ticket_event(EventType.TICKET_CHANGED, gone, before={"state": source.state.value}))
    return await _took(unit, target, source, move, by, now=now)


async def _took(unit: Unit, target: Ticket, source: Ticket, move: Move, by: By, *, now: datetime) -> Ticket:
    whole = noted(await _last_said(unit, joined_by(target, source)))
    told = line(
        whole,
        whole.last_seq,
        f"#{source.number} was merged into this ticket.",
        facts("merged", source, move),
        by,
        now=now,
    )
    if whole.state is not State.SNOOZED:
        await unit.clocks.stop(target.id, ClockKind.SNOOZE, now=now)
    saved = await unit.tickets.save(whole, now=now)
    await unit.messages.add(told)
    await keep_closing(unit, target.state, saved, now=now)
    unit.record(ticket_event(EventType.TICKET_MERGED, saved, other=name_of(source)))
    return saved


async def unmerge(unit: Unit, source_id: TicketId, by: By, *, now: datetime) -> Ticket:
    """Take out of a ticket what was merged into it from this one, which stands as it stood before.

    What came in since stays: it was said in the merged ticket. Raises TransitionRefused where nothing can be undone.
    """
    await unit.tickets.find(source_id, by.access)
    move = await unit.moves.last_to_undo(source_id, MoveKind.MERGE)
    if move is None:
        raise TransitionRefused("There is no merge to be undone here.")
    source, target = await hold_both(unit, source_id, move.target_id, by)
    if target.merged_into is not None:
        raise Merged(target.merged_into)
    places = await unit.moves.bring_back(move)
    await unit.moves.undone(move, now=now)
    apart = await unit.tickets.save(parted(source, move.before), now=now)
    await _restart(unit, apart, now=now)
    await unit.moves.name_again(source.id)
    for place in places:
        words = f"A message went back to #{source.number}."
        await unit.messages.add(line(target, place.seq, words, facts("moved_back", source, move), by, now=now))
    await _left(unit, target, move, apart, now=now)
    unit.record(ticket_event(EventType.TICKET_UNMERGED, apart, other=name_of(target)))
    return apart


async def _left(unit: Unit, target: Ticket, move: Move, apart: Ticket, *, now: datetime) -> None:
    after = without(target, move.target_before, await unit.messages.since(target.id, 0))
    saved = await unit.tickets.save(after, now=now)
    await keep_closing(unit, target.state, saved, now=now)
    unit.record(ticket_event(EventType.TICKET_UNMERGED, saved, other=name_of(apart)))


async def _restart(unit: Unit, ticket: Ticket, *, now: datetime) -> None:
    """Let the clocks run again that the merge stopped."""
    await keep_closing(unit, None, ticket, now=now)
    if ticket.state is State.SNOOZED and ticket.snoozed_until is not None:
        due_at = max(ticket.snoozed_until, now)
        await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, ClockKind.SNOOZE, started_at=now, due_at=due_at))


async def _last_said(unit: Unit, ticket: Ticket) -> Ticket:
    """Return a ticket with the last line of what is in it by now."""
    said = [m for m in await unit.messages.since(ticket.id, 0) if m.kind is not Kind.NOTE]
    if not said:
        return ticket
    return replace(ticket, last_line=preview(said[-1].text), last_direction=said[-1].direction.value)


async def hold_both(unit: Unit, one: TicketId, other: TicketId, by: By) -> tuple[Ticket, Ticket]:
    """Hold two tickets that the caller may see, always in one order so that nobody waits in a ring."""
    held = {each: await unit.tickets.hold_any(each, by.access) for each in sorted({one, other})}
    return held[one], held[other]


def name_of(ticket: Ticket) -> dict[str, object]:
    """Name a ticket to whoever may see the other one."""
    return {"id": str(ticket.id), "number": ticket.number}
