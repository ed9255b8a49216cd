"""Takes in what a channel received: once, in order, into the right ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from inbox.app.arrival import Arrival
from inbox.app.closing import keep_closing
from inbox.app.contacts import contact_event
from inbox.app.edit import apply_newer
from inbox.app.elsewhere import answers_contact, is_written_elsewhere, taken_over
from inbox.app.loops import quieted
from inbox.app.newcomers import new_claims, new_contact
from inbox.app.passed_on import as_written, keep_cover, passed_on_by
from inbox.app.ports import Known, Placed, PublicEntry, Unit
from inbox.app.probe import proved
from inbox.app.repeated import without_repeats
from inbox.app.routing import minutes_of, wording
from inbox.app.seen import mark_seen
from inbox.app.strangers import gives_our_name, is_aside, is_stranger, remarks, routed, writer_of
from inbox.app.undelivered import asks_for_somebody, has_failed, mark_undelivered
from inbox.app.views import public_view, ticket_event
from inbox.channel.model import Forwarded, Received
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.contact import Contact, LanguageBy, proves_who
from inbox.domain.events import EventType
from inbox.domain.ids import ClockId, ContactId, MessageId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.languages import Reading, base, hints_of, learnt, read
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import REUSED_ID, Delivery, Direction, Message
from inbox.domain.moving import SILENT
from inbox.domain.routing_effects import wants_routing
from inbox.domain.rulebook import CALL, Facts
from inbox.domain.threading import Placement, Threading, place, place_ours
from inbox.domain.ticket import State, Ticket, after_call, answered, heard, joined


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
    if received.echo_of is not None and await _came_back(unit, arrival, received.echo_of, now=now):
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
    return await _written(unit, _placed(arrival, known, now=now))


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
    placed = _placed(arrival, known, now=now)
    if is_written_elsewhere(arrival.received) and not await answers_contact(unit, placed, arrival.received):
        said = replace(arrival.received, wants_answer=False)
        placed = _placed(replace(arrival, received=said), known, now=now)
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


def _placed(arrival: Arrival, known: Known, *, now: datetime) -> Placed:
    """Decide everything about a new message; pure."""
    received, how = arrival.received, arrival.capabilities.threading
    contact = known.contact or new_contact(received, now)
    contact_id = contact.id if contact else None
    is_ours = is_written_elsewhere(received)
    placement = (
        place_ours(known.candidates, now=now)
        if is_ours
        else place(how, known.candidates, writer=writer_of(contact, received.sender), now=now)
    )
    before = next((c.ticket for c in known.candidates if c.ticket.id == placement.ticket_id), None)
    reading = _read(arrival, known, before)
    stranger, aside = is_stranger(known, placement, received.sender), is_aside(known, placement, received.sender)
    begun = before or _new_ticket(arrival, known, placement, contact, now=now)
    ticket = _moved(begun, arrival, known, now=now)
    ticket = ticket if stranger or aside else _spoken(ticket, arrival, reading)
    if _is_word(received) and wants_routing(before, ticket):
        facts = _facts(arrival, known, ticket, contact)
        ticket = routed(ticket, arrival.routing.route(facts), facts, before=before, stranger=stranger)
    person = learnt(contact, reading) if contact and received.wants_answer and not stranger else contact
    unverified = not is_ours and (stranger or gives_our_name(known, placement))
    notes = remarks(placement, how, aside=aside)
    message = _message(arrival, ticket, contact_id, reading, notes, unverified=unverified)
    entry = _entry(ticket, message, now) if _is_followed(arrival, ticket, message) else None
    return Placed(
        message=message,
        ticket=_next(ticket, entry, now),
        is_new=before is None,
        contact=person if known.contact is None else None,
        learnt=person if known.contact is not None and person != known.contact else None,
        claims=new_claims(received.sender.claims, contact, is_new=known.contact is None),
        original=arrival.original,
        entry=entry,
    )


def _next(ticket: Ticket, entry: PublicEntry | None, now: datetime) -> Ticket:
    seen = entry.seq if entry else ticket.public_seq
    return replace(ticket, updated_at=now, version=ticket.version + 1, public_seq=seen)


def _is_followed(arrival: Arrival, ticket: Ticket, message: Message) -> bool:
    """Tell whether a visitor sees a message: all that is said live, and what they answered to a mail of ours."""
    if arrival.capabilities.live:
        return True
    return ticket.live and arrival.received.wants_answer and not message.unverified


def _new_ticket(
    arrival: Arrival, known: Known, placement: Placement, contact: Contact | None, *, now: datetime
) -> Ticket:
    received, inbox = arrival.received, arrival.inbox
    is_public = arrival.capabilities.threading is Threading.PUBLIC
    return Ticket(
        id=TicketId(new_id()),
        number=known.number or 0,
        inbox_id=inbox.id,
        channel=inbox.channel,
        state=State.SOLVED,
        created_at=now,
        updated_at=now,
        contact_id=contact.id if contact else None,
        contact_name=contact.name if contact and contact.name else received.sender.name,
        contact_verified=not known.ours and any(proves_who(claim) for claim in received.sender.claims),
        subject=received.thread_title or received.subject,
        campaign_id=inbox.campaign_id,
        thread=received.thread,
        language=received.language or received.sender.language or (contact.language if contact else None),
        public=is_public,
        solved_at=now,
        follows=placement.follows,
        live=arrival.capabilities.live,
        weight=arrival.capabilities.weight,
        target=arrival.capabilities.target,
    )


def _moved(ticket: Ticket, arrival: Arrival, known: Known, *, now: datetime) -> Ticket:
    """Return the ticket after the message: who waits for whom, and which campaign it is about."""
    received = arrival.received
    ticket = _in_campaign(ticket, received, known)
    if received.call is not None:
        return after_call(ticket, received.call, at=received.at)
    if received.outbound:
        line = received.text or received.subject or ""
        return answered(ticket, line, solve=False, now=now) if received.wants_answer else joined(ticket, line)
    if asks_for_somebody(received) and ticket.last_seq:
        return heard(ticket, received.undelivered[0].reason or received.text, at=received.at)
    if received.deleted or not received.wants_answer:
        return joined(ticket, received.text)
    line = received.text or received.subject or ", ".join(file.name for file in arrival.attachments)
    return heard(ticket, line, at=received.at)


def _is_word(received: Received) -> bool:
    """Tell whether the contact said something that may want an answer."""
    return received.wants_answer and not received.outbound and not received.deleted


def _facts(arrival: Arrival, known: Known, ticket: Ticket, contact: Contact | None) -> Facts:
    received, campaigns = arrival.received, arrival.routing.campaigns
    campaign = campaigns.get(ticket.campaign_id, known.campaign) if ticket.campaign_id else None
    return Facts(
        inbox_id=ticket.inbox_id,
        channel=ticket.channel,
        at=received.at,
        text=wording(received.subject, received.text),
        language=ticket.language,
        campaign_id=ticket.campaign_id,
        client_id=campaign.client_id if campaign else None,
        campaign_team=campaign.team_id if campaign else None,
        roles=frozenset(contact.roles) if contact else frozenset(),
        first=contact is not None and known.contact is None,
        public=ticket.public,
        sign=CALL if received.call else None,
        usual_weight=arrival.capabilities.weight,
        usual_target=minutes_of(arrival.capabilities.target),
    )


def _in_campaign(ticket: Ticket, received: Received, known: Known) -> Ticket:
    if known.campaign is not None and (ticket.campaign_id is None or not ticket.last_seq):
        return replace(ticket, campaign_id=known.campaign.id, campaign_key=None)
    key = received.campaign.key if received.campaign else None
    if key is not None and ticket.campaign_id is None and ticket.campaign_key != key:
        return replace(ticket, campaign_key=key)
    return ticket


def _read(arrival: Arrival, known: Known, before: Ticket | None) -> Reading:
    """Decide which language a message is in."""
    received, campaign_id = arrival.received, before.campaign_id if before else arrival.inbox.campaign_id
    campaign = known.campaign or (arrival.routing.campaigns.get(campaign_id) if campaign_id else None)
    hints = hints_of(
        known.contact,
        told=received.language,
        page=received.sender.language,
        ticket=before.language if before else None,
        campaign=campaign.languages if campaign else (),
    )
    return read(arrival.heard.weights, hints, arrival.heard.used)


def _spoken(ticket: Ticket, arrival: Arrival, reading: Reading) -> Ticket:
    """Return the ticket in the language of what was last clearly said; what a machine wrote changes none."""
    if reading.language is None or not arrival.received.wants_answer:
        return ticket
    if ticket.language is not None and base(ticket.language) == reading.language:
        return ticket  # the source may know the country too
    follows = reading.clear or ticket.language is None or ticket.last_seq == 1
    return replace(ticket, language=reading.language) if follows else ticket


def _message(
    arrival: Arrival,
    ticket: Ticket,
    contact_id: ContactId | None,
    reading: Reading,
    notes: Mapping[str, Any],
    *,
    unverified: bool,
) -> Message:
    received = arrival.received
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=arrival.inbox.id,
        seq=ticket.last_seq,
        kind=received.kind,
        direction=Direction.OUTBOUND if received.outbound else Direction.INBOUND,
        at=received.at,
        text=received.text,
        delivery=Delivery.SENT if received.outbound else Delivery.RECEIVED,
        html=received.html,
        quoted=received.quoted,
        subject=received.subject,
        language=reading.language,
        author_name=received.author if is_written_elsewhere(received) else received.sender.name,
        contact_id=contact_id,
        external_id=received.external_id,
        original_id=arrival.original_id,
        parent_external_id=received.parent,
        edition=received.version,
        unverified=unverified,
        deleted_at=received.at if received.deleted else None,
        call=received.call,
        attachments=arrival.attachments,
        recipients=received.recipients,
        meta={**received.meta, **notes} | ({} if received.wants_answer else {SILENT: True}),
    )


def _entry(ticket: Ticket, message: Message, now: datetime) -> PublicEntry:
    return PublicEntry(ticket.id, ticket.public_seq + 1, message.id, public_view(message) | {"type": "message"}, now)


async def _set_callback(unit: Unit, ticket: Ticket, message: Message, *, now: datetime) -> None:
    """Start the clock of a call that we missed; a call that reached somebody stops it."""
    if message.call is None:
        return
    if message.call.wants_callback and ticket.due_at is not None:
        clock_id = ClockId(new_id())
        await unit.clocks.start(Clock(clock_id, ticket.id, ClockKind.CALLBACK, started_at=now, due_at=ticket.due_at))
    elif ticket.state is State.SOLVED:
        await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, now=now)
