"""Which ticket a message belongs to, and on what evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inbox.domain.ids import ContactId, TicketId
from inbox.domain.ticket import Ticket, may_reopen


class Threading(StrEnum):
    """How a channel's messages find their ticket."""

    REFERENCES = "references"  # mail: what it answers
    CONTACT = "contact"  # chat and calls: the contact's open ticket in the inbox
    PUBLIC = "public"  # comments: one ticket for a public thread, for good, with many contacts


class Evidence(StrEnum):
    """Why a ticket is thought to be meant, the strongest first."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret: our own signed mark came back
    REFERENCE = "reference"  # it answers a message that we hold
    THREAD = "thread"  # the channel's own thread key


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a message may belong to."""

    ticket: Ticket
    evidence: Evidence
    participants: frozenset[ContactId] = frozenset()
    written_to: frozenset[str] = (
        frozenset()
    )  # addresses that we wrote to ourselves: who answers from one is no stranger


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a message goes: into `ticket_id`, or into a new ticket that may follow an older one."""

    ticket_id: TicketId | None = None
    follows: TicketId | None = None
    stranger: bool = False  # holds our token but is nobody of this ticket: shown as unverified


def place(how: Threading, candidates: Sequence[Candidate], *, sender: ContactId | None, now: datetime) -> Placement:
    """Decide which ticket a message joins; a header or a number alone is no authority, its sender is checked."""
    for candidate in sorted(candidates, key=lambda c: _weight(c, now)):
        if not _believed(how, candidate, sender):
            continue
        if not may_reopen(candidate.ticket, now):
            return Placement(follows=candidate.ticket.id)
        known = how is Threading.PUBLIC or sender in candidate.participants
        return Placement(ticket_id=candidate.ticket.id, stranger=not known)
    return Placement()


def _weight(candidate: Candidate, now: datetime) -> tuple[int, bool, float]:
    """The strongest evidence first; of equals one that goes on, and the one that was busy last."""
    strength = list(Evidence).index(candidate.evidence)
    return (strength, not may_reopen(candidate.ticket, now), -candidate.ticket.updated_at.timestamp())


def _believed(how: Threading, candidate: Candidate, sender: ContactId | None) -> bool:
    """A stranger needs our signed token: message ids are guessed and forwarded (OTRS, osTicket: hijacked threads)."""
    if how is Threading.PUBLIC or candidate.evidence is Evidence.TOKEN:
        return True
    return sender in candidate.participants
