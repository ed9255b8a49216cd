"""Takes in what a channel received: once, in order, into the right ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from inbox.app.arrival import Arrival
from inbox.app.closing import keep_closing
from inbox.app.contacts import contact_event
from inbox.app.edit import apply_newer
from inbox.app.elsewhere import answers_contact, is_written_elsewhere, taken_over
from inbox.app.loops import quieted
from inbox.app.passed_on import as_written, keep_cover, passed_on_by
from inbox.app.placing import decide
from inbox.app.ports import Known, Placed, PublicEntry, Unit
from inbox.app.probe import proved
from inbox.app.repeated import without_repeats
from inbox.app.seen import mark_seen
from inbox.app.undelivered import has_failed, mark_undelivered
from inbox.app.views import ticket_event
from inbox.channel.model import Forwarded, Received
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.contact import LanguageBy
from inbox.domain.events import EventType
from inbox.domain.ids import ClockId, MessageId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import REUSED_ID, Delivery, Message
from inbox.domain.threading import Threading
from inbox.domain.ticket import State, Ticket


class Outcome(StrEnum):
    """What became of a received message."""

    STORED = "stored"
    CHANGED = "changed"
    DUPLICATE = "duplicate"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of taking something in."""

    outcome: Outcome
    ticket: Ticket | None = None
    message: Message | None = None
    entry: PublicEntry | None = None


def locks_for(inbox: Inbox, received: Received) -> tuple[str, ...]:
    """Return the names to lock, so that parallel deliveries of one thread or person come one after the other."""
    persons = tuple(f"{c.kind}:{c.scope}:{c.key}" for c in received.sender.claims if c.verified)
    return (f"{inbox.id}:{received.thread or received.external_id}", *persons)


async def receive(unit: Unit, arrival: Arrival, *, now: datetime) -> Taken:
    """Store a received message, or what it changes of one that is here; the unit must hold `locks_for` it."""
    received, inbox = arrival.received, arrival.inbox
    if received.proves:
        await proved(unit, inbox.id, received.proves)
        return Taken(Outcome.ECHO)
    known = await unit.intake.look_up(inbox.id, received, arrival.capabilities.threading, original=arrival.original)
    if known.repeated:
        return Taken(Outcome.DUPLICATE, message=known.message)
    echo_of = None if _changes_ours(known.message, received) else received.echo_of
    if echo_of is not None and await _came_back(unit, arrival, echo_of, now=now):
        return Taken(Outcome.ECHO)
    if known.message is not None and _is_another(known.message, received):
        return await receive(unit, replace(arrival, received=_renamed(received)), now=now)
    if known.message is not None:
        await _keep(unit, arrival)
        return await _change(unit, known.message, arrival, now=now)
    manager = await passed_on_by(unit, received, known, inbox)
    if manager is not None and received.forwarded is not None:
        return await _passed_on(unit, arrival, received.forwarded, manager, now=now)
    arrival, known = await quieted(unit, arrival, known, now=now)
    return await _store(unit, await without_repeats(unit, arrival), known, now=now)


def _changes_ours(message: Message | None, received: Received) -> bool:
    """Tell whether a far end says that our own message, which it is known to have, was edited or deleted there."""
    return message is not None and message.id == received.echo_of and received.version > message.edition


async def _passed_on(unit: Unit, arrival: Arrival, forwarded: Forwarded, manager: Manager, *, now: datetime) -> Taken:
    """Take in what a manager passes on as if its writer had written to us."""
    theirs = replace(arrival, received=as_written(arrival.received, forwarded, manager))
    known = await unit.intake.look_up(arrival.inbox.id, theirs.received, Threading.REFERENCES, original=None)
    taken = await _store(unit, theirs, known, now=now)
    if taken.ticket is not None:
        await keep_cover(unit, taken.ticket.id, forwarded.cover, manager, now=now)
    return taken


def is_plain(arrival: Arrival) -> bool:
    """Tell whether constraints and versions alone keep parallel deliveries apart, so that no lock is needed."""
    received = arrival.received
    return arrival.capabilities.threading is Threading.PUBLIC and received.call is None and received.echo_of is None


async def receive_at_once(unit: Unit, arrival: Arrival, *, now: datetime) -> Taken | None:
    """Store a new plain message by one statement, without lock or transaction; None if it takes more than that.

    Raises Conflict or StaleVersion, and changes nothing, if a parallel delivery was quicker.
    """
    known = await unit.intake.look_up(arrival.inbox.id, arrival.received, Threading.PUBLIC, original=arrival.original)
    if known.repeated:
        return Taken(Outcome.DUPLICATE, message=known.message)
    if known.message is not None:
        return None
    return await _written(unit, decide(arrival, known, now=now))


def _is_another(message: Message, received: Received) -> bool:
    """Tell whether a message only has the id of one that is here: mailers give an id twice, and strangers ours."""
    digest = received.meta.get("digest")
    return digest is not None and digest != message.meta.get("digest")


def _renamed(received: Received) -> Received:
    """Give a message an id of its own, the same one every time it comes, and say so."""
    own_id = f"{received.external_id}#{received.meta['digest'][:16]}"
    return replace(received, external_id=own_id, meta={**received.meta, REUSED_ID: True})


async def _keep(unit: Unit, arrival: Arrival) -> None:
    if arrival.original is not None:
        await unit.originals.add(arrival.inbox.id, arrival.original, state="understood")


async def _came_back(unit: Unit, arrival: Arrival, message_id: MessageId, *, now: datetime) -> bool:
    """Recognise our own message: the far end has it, under its own id."""
    found = await unit.messages.own(arrival.inbox.id, message_id)
    if found is None:
        return False
    await _keep(unit, arrival)
    # The worker that sent it may be writing down its result at this moment.
    ticket = await unit.tickets.hold(found.ticket_id, EVERYTHING)
    message = await unit.messages.find(ticket.id, found.id)
    if arrival.received.outbound:
        back = taken_over(message)
    else:
        back = replace(message, external_id=arrival.received.external_id, delivery=Delivery.DELIVERED, error=None)
    is_proof = arrival.received.echo_arrived or arrival.received.outbound or not has_failed(message)
    if back != message and is_proof:
        await unit.messages.save(back)
        unit.record(ticket_event(EventType.MESSAGE_DELIVERY, await unit.tickets.save(ticket, now=now), back))
    return True


async def _change(unit: Unit, message: Message, arrival: Arrival, *, now: datetime) -> Taken:
    changed = await apply_newer(unit, message, arrival.received, arrival.routing, now=now)
    if changed is None:
        return Taken(Outcome.DUPLICATE, message=message)
    ticket, shown = changed
    if shown.call is not None:
        await _set_callback(unit, ticket, shown, now=now)
    return Taken(Outcome.CHANGED, ticket, shown)


async def _store(unit: Unit, arrival: Arrival, known: Known, *, now: datetime) -> Taken:
    placed = decide(arrival, known, now=now)
    if is_written_elsewhere(arrival.received) and not await answers_contact(unit, placed, arrival.received):
        said = replace(arrival.received, wants_answer=False)
        placed = decide(replace(arrival, received=said), known, now=now)
    if not placed.ticket.number:
        placed = replace(placed, ticket=replace(placed.ticket, number=await unit.tickets.number()))
    taken = await _written(unit, placed)
    await mark_undelivered(unit, placed.ticket, arrival.received, now=now)
    await mark_seen(unit, placed.ticket, placed.message, arrival.received)
    before = next((c.ticket.state for c in known.candidates if c.ticket.id == placed.ticket.id), None)
    await keep_closing(unit, before, placed.ticket, now=now)
    if placed.message.call is not None:
        await _set_callback(unit, placed.ticket, placed.message, now=now)
    return taken


async def _written(unit: Unit, placed: Placed) -> Taken:
    if placed.is_new:
        unit.record(ticket_event(EventType.TICKET_CREATED, placed.ticket))
    unit.record(ticket_event(EventType.MESSAGE_RECEIVED, placed.ticket, placed.message))
    if placed.learnt is not None and placed.learnt.language_by is LanguageBy.TEXTS:
        unit.record(contact_event(placed.learnt))
    await unit.intake.write(placed, unit.take_events(), epoch=unit.epoch)
    return Taken(Outcome.STORED, placed.ticket, placed.message, placed.entry)


async def _set_callback(unit: Unit, ticket: Ticket, message: Message, *, now: datetime) -> None:
    """Start the clock of a call that we missed; a call that reached somebody stops it."""
    if message.call is None:
        return
    if message.call.wants_callback and ticket.due_at is not None:
        clock_id = ClockId(new_id())
        await unit.clocks.start(Clock(clock_id, ticket.id, ClockKind.CALLBACK, started_at=now, due_at=ticket.due_at))
    elif ticket.state is State.SOLVED:
        await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, now=now)
