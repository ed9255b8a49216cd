"""Makes a ticket of its own of some messages of another, and puts them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox.app.closing import keep_closing, start_closing
from inbox.app.lines import By, facts, line
from inbox.app.merge import hold_both, name_of
from inbox.app.ports import Unit
from inbox.app.views import ticket_event
from inbox.domain.assignment import Hand, How
from inbox.domain.clocks import ClockKind
from inbox.domain.contact import Contact
from inbox.domain.events import EventType
from inbox.domain.ids import MessageId, TicketId, new_id
from inbox.domain.message import Direction, Message
from inbox.domain.moving import Move, MoveKind, check_movable, check_split, merged, retold, standing, unanswered_since
from inbox.domain.ticket import AT_WORK, State, Ticket, clocked
from inbox.errors import Merged, NotFound, TransitionRefused


@dataclass(frozen=True, slots=True)
class Cut:
    """What is to become a ticket of its own."""

    message_ids: tuple[MessageId, ...]
    subject: str | None = None  # None: of the first message, else of the ticket


async def split(unit: Unit, ticket_id: TicketId, cut: Cut, by: By, *, now: datetime) -> Ticket:
    """Take messages out of a ticket into a new one; mail that answers them follows. Return the new ticket."""
    ticket = await unit.tickets.hold(ticket_id, by.access)
    check_movable(ticket)
    messages = await unit.messages.since(ticket.id, 0)
    chosen = [m for m in messages if m.id in cut.message_ids]
    if len(chosen) != len(set(cut.message_ids)):
        raise NotFound("There is no such message.")
    check_split(messages, chosen)
    new = await unit.tickets.add(await _new(unit, ticket, chosen, cut, now=now))
    places = await unit.moves.take(ticket.id, new.id, [m.id for m in chosen], after=1)
    move = Move(new_id(), MoveKind.SPLIT, ticket.id, new.id, now, by.manager_id, by.reason, places, standing(ticket))
    await unit.moves.add(move)
    await _tell(unit, ticket, new, move, by, now=now)
    await _shorten(unit, ticket, new, now=now)
    unit.record(ticket_event(EventType.TICKET_CREATED, new))
    await start_closing(unit, new, now=now)
    await _same_hands(unit, new, by, now=now)
    return new


async def _tell(unit: Unit, ticket: Ticket, new: Ticket, move: Move, by: By, *, now: datetime) -> None:
    words = f"These messages were in #{ticket.number}."
    await unit.messages.add(line(new, 1, words, facts("split_from", ticket, move), by, now=now))
    for place in move.places:
        words = f"A message was moved to #{new.number}."
        await unit.messages.add(line(ticket, place.seq, words, facts("moved_to", new, move), by, now=now))


async def _shorten(unit: Unit, ticket: Ticket, new: Ticket, *, now: datetime) -> None:
    after = retold(ticket, await unit.messages.since(ticket.id, 0))
    saved = await unit.tickets.save(after, now=now)
    await keep_closing(unit, ticket.state, saved, now=now)
    unit.record(ticket_event(EventType.TICKET_SPLIT, saved, other=name_of(new)))


async def _same_hands(unit: Unit, new: Ticket, by: By, *, now: datetime) -> None:
    if new.assignee_id is not None:
        hand = Hand(new.id, new.contact_id, new.assignee_id, How.GIVEN, now, by=by.manager_id)
        await unit.assignments.record(hand)


async def _new(unit: Unit, ticket: Ticket, chosen: Sequence[Message], cut: Cut, *, now: datetime) -> Ticket:
    first = next((m for m in chosen if m.direction is Direction.INBOUND), None)
    contact = await unit.contacts.find(first.contact_id) if first and first.contact_id else None
    inbox = await unit.inboxes.find(first.inbox_id if first else ticket.inbox_id)
    since = unanswered_since(chosen)
    state = State.OPEN if since else State.WAITING if ticket.state in AT_WORK else State.SOLVED
    new = replace(
        _of(ticket, contact),
        id=TicketId(new_id()),
        number=await unit.tickets.number(),
        inbox_id=inbox.id,
        channel=inbox.channel,
        state=state,
        created_at=now,
        updated_at=now,
        subject=cut.subject or (first.subject if first else None) or ticket.subject,
        follows=ticket.id,
        waiting_since=since,
        solved_at=now if state is State.SOLVED else None,
        last_seq=len(chosen) + 1,
        public_seq=0,
        version=0,
    )
    return clocked(retold(new, chosen)) if since else replace(retold(new, chosen), state=state)


def _of(ticket: Ticket, contact: Contact | None) -> Ticket:
    """Return a ticket as it was routed, of whoever wrote what is taken out."""
    alike = replace(ticket, snoozed_until=None, due_at=None, offered_to=None, offered_until=None, declined_by=())
    if contact is None or contact.id == ticket.contact_id:
        return alike
    verified = any(identity.verified for identity in contact.identities)
    return replace(alike, contact_id=contact.id, contact_name=contact.name, contact_verified=verified)


async def unsplit(unit: Unit, ticket_id: TicketId, by: By, *, now: datetime) -> Ticket:
    """Put back what was taken out, as long as nothing was said in the new ticket; return the old one.

    The new ticket stays as another name of the old. Raises TransitionRefused where nothing can be undone.
    """
    await unit.tickets.find(ticket_id, by.access)
    move = await unit.moves.last_to_undo(ticket_id, MoveKind.SPLIT, other_end=True)
    if move is None:
        raise TransitionRefused("There is no split to be undone here.")
    new, ticket = await hold_both(unit, ticket_id, move.source_id, by)
    for each in (new, ticket):
        if each.merged_into is not None:
            raise Merged(each.merged_into)
    if await unit.moves.elsewhere(new.id, [place.id for place in move.places]):
        raise TransitionRefused("Something was said in this ticket since; merge it instead.")
    await unit.moves.forget_lines(ticket.id, move)
    await unit.moves.bring_back(move)
    await unit.moves.undone(move, now=now)
    return await _whole_again(unit, ticket, new, now=now)


async def _whole_again(unit: Unit, ticket: Ticket, new: Ticket, *, now: datetime) -> Ticket:
    await unit.clocks.stop(new.id, *ClockKind, now=now)
    gone = await unit.tickets.save(merged(new, into=ticket.id, now=now), now=now)
    unit.record(ticket_event(EventType.TICKET_UNSPLIT, gone, other=name_of(ticket)))
    messages = await unit.messages.since(ticket.id, 0)
    since = unanswered_since(messages)
    waits = since is not None and ticket.state is State.WAITING
    after = retold(replace(ticket, state=State.OPEN, waiting_since=since) if waits else ticket, messages)
    saved = await unit.tickets.save(after, now=now)
    await keep_closing(unit, ticket.state, saved, now=now)
    unit.record(ticket_event(EventType.TICKET_UNSPLIT, saved, other=name_of(new)))
    return saved
