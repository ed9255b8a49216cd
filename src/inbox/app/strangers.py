"""What a message may do that somebody may have sent who is nobody of its ticket."""

from __future__ import annotations

from typing import Any

from inbox.app.outgoing import ASIDE
from inbox.app.ports import Known
from inbox.channel.model import Sender
from inbox.domain.contact import Contact, IdentityKind
from inbox.domain.routing_effects import after_message, after_stranger
from inbox.domain.rulebook import Facts, Routed
from inbox.domain.threading import Evidence, Placement, Threading, Writer
from inbox.domain.ticket import Ticket


def is_stranger(known: Known, placement: Placement, sender: Sender) -> bool:
    """Tell whether a message joins a ticket of others: by our token alone, and not from where we wrote to."""
    written_to = next((c.written_to for c in known.candidates if c.ticket.id == placement.ticket_id), frozenset[str]())
    return placement.stranger and written_to.isdisjoint(claim.key for claim in sender.claims if claim.verified)


def is_aside(known: Known, placement: Placement, sender: Sender) -> bool:
    """Tell whether a message answers what the contact knows nothing of: a forward, a blind copy."""
    chosen = next((c for c in known.candidates if c.ticket.id == placement.ticket_id), None)
    if chosen is None or (known.contact is not None and known.contact.id == chosen.ticket.contact_id):
        return False
    return not chosen.aside.isdisjoint(claim.key for claim in sender.claims)


def gives_our_name(known: Known, placement: Placement) -> bool:
    """Tell whether a mail gives a manager's address as its sender's, and shows nothing that only its owner got."""
    return known.ours and placement.by is not Evidence.TOKEN


def routed(ticket: Ticket, wanted: Routed, facts: Facts, *, before: Ticket | None, stranger: bool) -> Ticket:
    """Return a ticket as the rules want it; a stranger's word may make it more urgent and nothing else."""
    if stranger and before is not None:
        return after_stranger(ticket, wanted, before=before)
    return after_message(ticket, wanted, facts, before=before)


def remarks(placement: Placement, how: Threading, *, aside: bool) -> dict[str, Any]:
    """Return what a message's meta says of its place."""
    return (why_here(placement) if how is Threading.REFERENCES else {}) | ({ASIDE: True} if aside else {})


def why_here(placement: Placement) -> dict[str, Any]:
    """Return why a message is where it is, for whoever wonders."""
    if placement.by is None and not placement.passed_over:
        return {}
    over = [{"number": each.number, "by": each.by, "why": each.why} for each in placement.passed_over]
    return {"threading": {"by": placement.by, "passed_over": over}}


def writer_of(contact: Contact | None, sender: Sender) -> Writer:
    """Return who sent a message, with the addresses that are believed to be theirs."""
    believed = (c.key for c in sender.claims if c.verified and c.kind is IdentityKind.EMAIL)
    return Writer(contact.id if contact else None, frozenset(believed))
