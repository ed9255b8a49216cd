"""Begins a ticket by hand: a mail that we write first, a call that we write down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inbox.app.opened import Opened
from inbox.app.ports import Unit
from inbox.app.reply import Desk, Draft, log_call, reply
from inbox.app.views import ticket_event
from inbox.domain.assignment import Hand, How
from inbox.domain.calls import Call
from inbox.domain.contact import Claim, Contact, IdentityKind
from inbox.domain.events import EventType
from inbox.domain.ids import CampaignId, ContactId, TicketId, new_id
from inbox.domain.recipients import Recipient, Role
from inbox.domain.ticket import State, Ticket
from inbox.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a manager begins, and with whom."""

    text: str
    contact_id: ContactId | None = None
    claim: Claim | None = None  # an address or number that is perhaps known
    name: str | None = None
    subject: str | None = None
    campaign_id: CampaignId | None = None
    call: Call | None = None
    copies: tuple[Recipient, ...] = ()  # whom it goes to besides


async def begin(unit: Unit, desk: Desk, opened: Opened, wanted: Beginning, *, now: datetime) -> Ticket:
    """Open a ticket of one's own with its first message, or with a call that took place."""
    _check(wanted, opened, desk)
    contact = await _contact(unit, wanted, desk, now=now)
    ticket = await unit.tickets.add(_ticket(desk, opened, wanted, contact, await unit.tickets.number(), now=now))
    unit.record(ticket_event(EventType.TICKET_CREATED, ticket))
    me = desk.manager.id
    await unit.assignments.record(Hand(ticket.id, contact.id, me, How.CLAIMED, now, by=me))
    if wanted.call is not None:
        return (await log_call(unit, desk, ticket.id, wanted.call, wanted.text, now=now))[0]
    draft = Draft(wanted.text, last_seen=0, recipients=_recipients(wanted, opened))
    return (await reply(unit, desk, ticket.id, draft, opened, now=now))[0]


def _recipients(wanted: Beginning, opened: Opened) -> tuple[Recipient, ...]:
    """Write to the address that was named, which need not be the contact's first."""
    if not opened.capabilities.recipients or wanted.claim is None or wanted.claim.kind is not IdentityKind.EMAIL:
        return wanted.copies
    return (Recipient(wanted.claim.value, wanted.name, Role.TO), *wanted.copies)


def _check(wanted: Beginning, opened: Opened, desk: Desk) -> None:
    if not desk.access.sees(opened.inbox.id, wanted.campaign_id):
        raise NotFound("There is no such inbox.")
    if wanted.call is None and not opened.capabilities.starts_tickets:
        raise Invalid("In this channel the crowd writes first.")
    if wanted.call is not None and not opened.capabilities.logs_by_hand:
        raise Invalid("Calls are logged in a telephone inbox.")


async def _contact(unit: Unit, wanted: Beginning, desk: Desk, *, now: datetime) -> Contact:
    if wanted.contact_id is not None:
        if not await unit.contacts.seen_by(wanted.contact_id, desk.access):
            raise NotFound("There is no such contact.")
        return await unit.contacts.find(wanted.contact_id)
    claims = [wanted.claim] if wanted.claim else []
    known = await unit.contacts.by_claims(claims)
    return known or await unit.contacts.add(Contact(ContactId(new_id()), wanted.name, now), claims)


def _ticket(desk: Desk, opened: Opened, wanted: Beginning, contact: Contact, number: int, *, now: datetime) -> Ticket:
    return Ticket(
        id=TicketId(new_id()),
        number=number,
        inbox_id=opened.inbox.id,
        channel=opened.inbox.channel,
        state=State.OPEN,
        created_at=now,
        updated_at=now,
        contact_id=contact.id,
        contact_name=contact.name or (wanted.claim.value if wanted.claim else None),
        contact_verified=any(identity.verified for identity in contact.identities),
        subject=wanted.subject,
        campaign_id=wanted.campaign_id or opened.inbox.campaign_id,
        assignee_id=desk.manager.id,
        assigned_at=now,
        live=opened.capabilities.live,
        weight=opened.capabilities.weight,
        target=opened.capabilities.target,
    )
