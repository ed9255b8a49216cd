"""Which ticket a message belongs to, and on what evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from inbox.domain.ids import ContactId, TicketId
from inbox.domain.ticket import AT_WORK, Ticket, may_reopen


class Threading(StrEnum):
    """How a channel's messages find their ticket."""

    REFERENCES = "references"  # mail: what it answers
    CONTACT = "contact"  # chat and calls: the contact's open ticket in the inbox
    PUBLIC = "public"  # comments: one ticket for a public thread, for good, with many contacts


class Evidence(StrEnum):
    """Why a ticket is thought to be meant, the surest first."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret: our own signed mark came back
    REFERENCE = "reference"  # it answers a message that we hold
    THREAD = "thread"  # the channel's own thread key
    NUMBER = "number"  # it names the ticket's number
    AWAY = "away"  # a machine answers for somebody who has this ticket open


_NUMBER_COUNTS_FOR = timedelta(days=30)  # people keep old mails, and write below them years later


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a message may belong to."""

    ticket: Ticket
    evidence: Evidence
    participants: frozenset[ContactId] = frozenset()
    written_to: frozenset[str] = (
        frozenset()
    )  # addresses that we wrote to ourselves: who answers from one is no stranger
    named: frozenset[ContactId] = frozenset()  # contacts of the tickets whose number it was, merged ones too


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a message goes: into `ticket_id`, or into a new ticket that may follow an older one."""

    ticket_id: TicketId | None = None
    follows: TicketId | None = None
    by: Evidence | None = None  # what decided
    stranger: bool = False  # nothing shows that the sender is somebody of this ticket: shown as unverified
    passed_over: tuple[int, ...] = ()  # numbers of the other tickets that something spoke for


def place(how: Threading, candidates: Sequence[Candidate], *, sender: ContactId | None, now: datetime) -> Placement:
    """Decide which ticket a message joins; a header or a number alone is no authority, its sender is checked."""
    ranked = sorted(candidates, key=lambda c: _weight(c, now))
    chosen = next((c for c in ranked if _believed(how, c, sender, now)), None)
    passed_over = tuple(c.ticket.number for c in ranked if c is not chosen)
    if chosen is None:
        return Placement(passed_over=passed_over)
    if not may_reopen(chosen.ticket, now):
        return Placement(follows=chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)
    stranger = not _is_known(how, chosen, sender)
    return Placement(chosen.ticket.id, by=chosen.evidence, stranger=stranger, passed_over=passed_over)


def place_ours(candidates: Sequence[Candidate], *, now: datetime) -> Placement:
    """Decide which ticket something joins that we wrote ourselves, elsewhere: what it names is what we meant."""
    ranked = sorted(candidates, key=lambda c: _weight(c, now))
    if not ranked:
        return Placement()
    chosen, passed_over = ranked[0], tuple(c.ticket.number for c in ranked[1:])
    if not may_reopen(chosen.ticket, now):
        return Placement(follows=chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)
    return Placement(chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)


def _weight(candidate: Candidate, now: datetime) -> tuple[int, bool, float]:
    """The surest evidence first; of equals one that goes on, and the one that was busy last."""
    strength = list(Evidence).index(candidate.evidence)
    return (strength, not may_reopen(candidate.ticket, now), -candidate.ticket.updated_at.timestamp())


def _believed(how: Threading, candidate: Candidate, sender: ContactId | None, now: datetime) -> bool:
    """A stranger needs our signed token: message ids are guessed and forwarded (OTRS, osTicket: hijacked threads)."""
    match candidate.evidence:
        case Evidence.TOKEN:
            return True
        case Evidence.NUMBER:
            is_theirs = sender is not None and sender in {candidate.ticket.contact_id, *candidate.named}
            return is_theirs and now - candidate.ticket.updated_at <= _NUMBER_COUNTS_FOR
        case Evidence.AWAY:
            return candidate.ticket.state in AT_WORK and sender in candidate.participants
        case Evidence.REFERENCE | Evidence.THREAD:
            return how is Threading.PUBLIC or sender in candidate.participants
        case _:
            assert_never(candidate.evidence)


def _is_known(how: Threading, candidate: Candidate, sender: ContactId | None) -> bool:
    """Tell whether the sender takes part; of who is away only an address speaks, which anybody can write."""
    return how is Threading.PUBLIC or (sender in candidate.participants and candidate.evidence is not Evidence.AWAY)
