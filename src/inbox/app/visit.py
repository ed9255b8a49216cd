"""Visitors of a chat: who they are when they come back, what they have read, and how they leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from inbox.app.change import Wish, change
from inbox.app.contacts import change_contact, put_contact
from inbox.app.ports import Unit, Visitor
from inbox.app.views import ticket_event
from inbox.channel.model import Sender
from inbox.domain.contact import Claim, Contact, IdentityKind, proves_who
from inbox.domain.events import EventType
from inbox.domain.ids import InboxId, MessageId, TicketId, VisitorId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.ticket import State, Ticket, noted
from inbox.errors import NotSignedIn

HIGHEST_SCORE = 5


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor with what is known of them."""

    visitor: Visitor
    contact: Contact | None = None
    is_new: bool = False  # a session was begun; its token is still to be told

    @property
    def sender(self) -> Sender:
        """Return them as the sender of what they say: the session, and what is proved of the person behind it."""
        known = self.contact
        proved = (Claim(i.kind, i.value, i.scope, i.verified) for i in known.identities) if known else ()
        claims = (session_claim(self.visitor.id), *(claim for claim in proved if proves_who(claim)))
        return Sender(claims, name=known.name if known else None, language=known.language if known else None)


def session_claim(visitor_id: VisitorId) -> Claim:
    """Return the claim that every visitor has: it is the same browser."""
    return Claim(IdentityKind.VISITOR, str(visitor_id))


async def arrive(
    unit: Unit, inbox_id: InboxId, *, presented: bytes | None, fresh: bytes, signed: Sender | None, now: datetime
) -> Guest:
    """Recognise a visitor by the hash of their session's token, or begin a session under the hash `fresh`.

    A session is one person's: a member of the platform whom the token `signed` names as somebody else than its owner
    gets a session of their own, and never sees the other's conversation. Raises NotSignedIn for an unknown session.
    """
    guest = await _returning(unit, inbox_id, presented) if presented else None
    if signed is not None:
        return await _member(unit, inbox_id, guest, signed, fresh, now=now)
    return guest or await _begin(unit, inbox_id, None, fresh, now=now)


async def reached_at(unit: Unit, guest: Guest, sender: Sender | None, *, now: datetime) -> Guest:
    """Note that a guest is here, and the address that they give now, if they give one: nobody else's is written to."""
    address = next((c.value for c in sender.claims if c.kind is IdentityKind.EMAIL), None) if sender else None
    await unit.visitors.reached_at(guest.visitor.id, address, now=now)
    return replace(guest, visitor=replace(guest.visitor, address=address)) if address else guest


async def _returning(unit: Unit, inbox_id: InboxId, token_hash: bytes) -> Guest:
    visitor = await unit.visitors.by_token(inbox_id, token_hash)
    if visitor is None:
        raise NotSignedIn("This chat session is not known here.")
    return await known_by_now(unit, Guest(visitor))


async def known_by_now(unit: Unit, guest: Guest) -> Guest:
    """Return a guest with their contact: the first message, of any of their tabs, made them one."""
    visitor = guest.visitor
    if guest.contact is not None:
        return guest
    if visitor.contact_id is not None:
        return replace(guest, contact=await unit.contacts.find(visitor.contact_id))
    # The service may have stopped after the message and before it noted whose visit it is.
    contact = await unit.contacts.by_claims([session_claim(visitor.id)])
    return replace(guest, visitor=replace(visitor, contact_id=contact.id), contact=contact) if contact else guest


async def _begin(unit: Unit, inbox_id: InboxId, contact: Contact | None, fresh: bytes, *, now: datetime) -> Guest:
    visitor = Visitor(VisitorId(new_id()), inbox_id, contact.id if contact else None)
    await unit.visitors.add(visitor, token_hash=fresh, now=now)
    return Guest(visitor, contact, is_new=True)


async def _member(
    unit: Unit, inbox_id: InboxId, guest: Guest | None, signed: Sender, fresh: bytes, *, now: datetime
) -> Guest:
    member = await unit.contacts.by_claims(signed.claims)
    if guest is None or _is_somebody_else(guest.contact, member, signed):
        guest = await _begin(unit, inbox_id, member, fresh, now=now)
    claims = (*signed.claims, session_claim(guest.visitor.id))
    contact = await put_contact(unit, claims, name=signed.name, language=signed.language, now=now)
    await unit.visitors.belongs_to(guest.visitor.id, contact.id, now=now)
    return replace(guest, visitor=replace(guest.visitor, contact_id=contact.id), contact=contact)


def _is_somebody_else(owner: Contact | None, member: Contact | None, signed: Sender) -> bool:
    """A session without a name may become a member's; one that has a member already stays theirs."""
    if owner is None:
        return False
    if member is not None:
        return member.id != owner.id
    named = {(c.kind, c.scope): c.key for c in signed.claims if c.verified}
    return any(named.get((i.kind, i.scope), i.value) != i.value for i in owner.identities if i.verified)


async def introduce(unit: Unit, guest: Guest, sender: Sender, *, now: datetime) -> Guest:
    """Note what a visitor says about themselves; a typed address proves nothing and names nobody."""
    guest = await reached_at(unit, guest, sender, now=now)
    if guest.contact is None:
        return guest
    contact = await unit.contacts.find(guest.contact.id)
    await unit.contacts.add_claims(contact.id, [claim for claim in sender.claims if not claim.verified])
    changed = await change_contact(unit, contact, replace(contact, name=sender.name or contact.name))
    return replace(guest, contact=changed)


async def has_read(unit: Unit, ticket_id: TicketId, up_to: int, *, now: datetime) -> bool:
    """Count our messages up to a public place as delivered; tell whether any was not before."""
    ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
    unread = await unit.visitors.unread(ticket_id, up_to)
    if not unread:
        return False
    saved = await unit.tickets.save(ticket, now=now)
    for message in unread:
        delivered = replace(message, delivery=Delivery.DELIVERED)
        await unit.messages.save(delivered)
        unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, delivered))
    return True


async def end(unit: Unit, ticket_id: TicketId, *, now: datetime) -> Ticket:
    """Let the visitor end the chat: solved if we have answered; an open question stays one."""
    ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
    if ticket.state is not State.WAITING:
        return ticket
    return await change(unit, ticket_id, Wish(ticket.version, state=State.SOLVED), EVERYTHING, live=True, now=now)


async def rate(unit: Unit, ticket_id: TicketId, score: int, comment: str, *, now: datetime) -> Message:
    """Keep how the visitor liked it as an internal note."""
    ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
    stars = "★" * score + "☆" * (HIGHEST_SCORE - score)
    note = Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.NOTE,
        direction=Direction.INTERNAL,
        at=now,
        text=f"{stars} {comment}".strip(),
        author_name=ticket.contact_name,
        contact_id=ticket.contact_id,
    )
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(note)
    unit.record(ticket_event(EventType.NOTE_ADDED, saved, note))
    return note
