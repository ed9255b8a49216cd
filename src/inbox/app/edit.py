"""Applies what a source says again about a message that is here: edits, deletions, further facts of a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.closing import keep_closing
from inbox.app.ports import Unit
from inbox.app.routing import Current, facts_of
from inbox.app.views import ticket_event
from inbox.channel.model import Received
from inbox.domain.calls import merge
from inbox.domain.events import EventType
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Direction, Message
from inbox.domain.routing_effects import after_message, wants_routing
from inbox.domain.ticket import State, Ticket, after_call, heard, may_reopen, preview


async def apply_newer(
    unit: Unit, message: Message, received: Received, routing: Current, *, now: datetime
) -> tuple[Ticket, Message] | None:
    """Change a stored message by a newer edition or further facts; None if it says nothing new.

    The order of editions does not matter: only a higher one is shown, a lower one is kept and not shown. A tombstone
    stays one until a higher edition brings the text back.
    """
    if received.call is not None:
        return await _more_facts(unit, message, received, now=now)
    if received.version <= message.edition:
        if received.version < message.edition and not received.deleted:
            await unit.messages.keep_edition(message, edition=received.version, text=received.text, at=received.at)
        return None
    return await _newer(unit, message, received, routing, now=now)


async def _newer(
    unit: Unit, message: Message, received: Received, routing: Current, *, now: datetime
) -> tuple[Ticket, Message]:
    if message.text:
        await unit.messages.keep_edition(message, edition=message.edition, text=message.text, at=message.at)
    changed = _edited(message, received)
    ticket = await unit.tickets.hold(message.ticket_id, EVERYTHING)
    edited = _after_edit(ticket, message, changed)
    if message.direction is Direction.INBOUND and not received.deleted and wants_routing(ticket, edited):
        facts = await facts_of(unit, edited, routing, message=changed)
        edited = after_message(edited, routing.route(facts), facts, before=ticket)
    saved = await unit.tickets.save(edited, now=now)
    await keep_closing(unit, ticket.state, saved, now=now)
    await unit.messages.save(changed)
    kind = EventType.MESSAGE_DELETED if received.deleted else EventType.MESSAGE_EDITED
    unit.record(ticket_event(kind, saved, changed))
    return saved, changed


def _edited(message: Message, received: Received) -> Message:
    """Return the message as the newer edition has it; a deletion hides the text and keeps who and when."""
    if received.deleted:
        return replace(message, text="", html=None, quoted=None, edition=received.version, deleted_at=received.at)
    same = received.text == message.text or message.deleted_at is not None
    return replace(
        message,
        text=received.text,
        html=received.html,
        edition=received.version,
        author_name=message.author_name or received.sender.name,
        edited_at=message.edited_at if same else received.at,
        deleted_at=None,
        meta=message.meta | dict(received.meta),
    )


def _after_edit(ticket: Ticket, before: Message, after: Message) -> Ticket:
    """A text that changed after we answered asks for another look; the newest line of the list follows the edit."""
    is_newest = ticket.last_seq == after.seq
    ticket = replace(ticket, last_line=preview(after.text)) if is_newest else ticket
    says_more = after.direction is Direction.INBOUND and after.deleted_at is None and after.text != before.text
    if says_more and ticket.state in {State.SOLVED, State.WAITING} and may_reopen(ticket, after.edited_at or after.at):
        reopened = heard(ticket, after.text, at=after.edited_at or after.at)
        return replace(reopened, last_seq=ticket.last_seq, last_line=ticket.last_line)
    return ticket


async def _more_facts(
    unit: Unit, message: Message, received: Received, *, now: datetime
) -> tuple[Ticket, Message] | None:
    if message.call is None or received.call is None:
        return None
    call = merge(message.call, received.call)
    if call == message.call:
        return None
    at = call.started_at or message.at
    changed = replace(message, call=call, at=at, text=received.text or message.text)
    ticket = await unit.tickets.hold(message.ticket_id, EVERYTHING)
    moved = ticket
    if message.call.state is not call.state and not await _spoken_since(unit, ticket, message):
        moved = replace(after_call(ticket, call, at=received.at), last_seq=ticket.last_seq)
    saved = await unit.tickets.save(moved, now=now)
    await keep_closing(unit, ticket.state, saved, now=now)
    await unit.messages.save(changed)
    unit.record(ticket_event(EventType.CALL_CHANGED, saved, changed))
    return saved, changed


async def _spoken_since(unit: Unit, ticket: Ticket, message: Message) -> bool:
    """Tell whether the ticket went on after a message; a note is often written while one still talks."""
    if ticket.last_seq == message.seq:
        return False
    later = await unit.messages.since(ticket.id, message.seq)
    return any(each.direction is not Direction.INTERNAL for each in later)
