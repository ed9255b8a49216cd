"""Decides where a received message belongs and what it changes; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.app.arrival import Arrival
from inbox.app.elsewhere import is_written_elsewhere
from inbox.app.newcomers import new_claims, new_contact
from inbox.app.ports import Known, Placed, PublicEntry
from inbox.app.routing import minutes_of, wording
from inbox.app.strangers import gives_our_name, is_aside, is_stranger, remarks, routed, writer_of
from inbox.app.undelivered import asks_for_somebody
from inbox.app.views import public_view
from inbox.channel.model import Received
from inbox.domain.contact import Contact, proves_who
from inbox.domain.ids import ContactId, MessageId, TicketId, new_id
from inbox.domain.languages import Reading, base, hints_of, learnt, read
from inbox.domain.message import Delivery, Direction, Message
from inbox.domain.moving import SILENT
from inbox.domain.routing_effects import wants_routing
from inbox.domain.rulebook import CALL, Facts
from inbox.domain.threading import Placement, Threading, place, place_ours
from inbox.domain.ticket import State, Ticket, after_call, answered, heard, joined


def decide(arrival: Arrival, known: Known, *, now: datetime) -> Placed:
    """Decide everything about a new message: its ticket, its contact, its language, and who waits for whom."""
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
