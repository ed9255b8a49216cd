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
    FLOOD = "flood"  # one of very many that a machine writes: joins what its sender wrote before


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
    copied: frozenset[str] = frozenset()  # addresses that a person of ours wrote to beside the contact
    aside: frozenset[str] = frozenset()  # addresses that were written to behind the contact's back
    named: frozenset[ContactId] = frozenset()  # contacts of the tickets whose number it was, merged ones too


class Passed(StrEnum):
    """Why something that spoke for a ticket did not decide."""

    WEAKER = "weaker"  # something surer did
    NOT_THEIRS = "not_theirs"  # the sender is nobody of that ticket
    TOO_OLD = "too_old"  # nothing has happened there for long


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A ticket that something spoke for, and why the message is not there."""

    number: int
    by: Evidence
    why: Passed


@dataclass(frozen=True, slots=True)
class Writer:
    """Who sent a message, as far as that is believed."""

    contact: ContactId | None
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a message goes: into `ticket_id`, or into a new ticket that may follow an older one."""

    ticket_id: TicketId | None = None
    follows: TicketId | None = None
    by: Evidence | None = None  # what decided
    stranger: bool = False  # nothing shows that the sender is somebody of this ticket: shown as unverified
    passed_over: tuple[PassedOver, ...] = ()


def place(how: Threading, candidates: Sequence[Candidate], *, writer: Writer, now: datetime) -> Placement:
    """Decide which ticket a message joins; a header or a number alone is no authority, its sender is checked."""
    ranked = sorted(candidates, key=lambda c: _weight(c, now))
    chosen = next((c for c in ranked if _believed(how, c, writer, now)), None)
    passed_over = tuple(_passed(how, c, writer, now) for c in ranked if c is not chosen)
    if chosen is None:
        return Placement(passed_over=passed_over)
    if not may_reopen(chosen.ticket, now):
        return Placement(follows=chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)
    stranger = not _is_known(how, chosen, writer)
    return Placement(chosen.ticket.id, by=chosen.evidence, stranger=stranger, passed_over=passed_over)


def place_ours(candidates: Sequence[Candidate], *, now: datetime) -> Placement:
    """Decide which ticket something joins that we wrote ourselves, elsewhere: what it names is what we meant."""
    ranked = sorted(candidates, key=lambda c: _weight(c, now))
    if not ranked:
        return Placement()
    chosen = ranked[0]
    passed_over = tuple(PassedOver(c.ticket.number, c.evidence, Passed.WEAKER) for c in ranked[1:])
    if not may_reopen(chosen.ticket, now):
        return Placement(follows=chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)
    return Placement(chosen.ticket.id, by=chosen.evidence, passed_over=passed_over)


def _weight(candidate: Candidate, now: datetime) -> tuple[int, bool, float]:
    """The surest evidence first; of equals one that goes on, and the one that was busy last."""
    strength = list(Evidence).index(candidate.evidence)
    return (strength, not may_reopen(candidate.ticket, now), -candidate.ticket.updated_at.timestamp())


def _passed(how: Threading, candidate: Candidate, writer: Writer, now: datetime) -> PassedOver:
    why = Passed.WEAKER if _believed(how, candidate, writer, now) else Passed.NOT_THEIRS
    if candidate.evidence is Evidence.NUMBER and _names_theirs(candidate, writer) and why is Passed.NOT_THEIRS:
        why = Passed.TOO_OLD
    return PassedOver(candidate.ticket.number, candidate.evidence, why)


def _believed(how: Threading, candidate: Candidate, writer: Writer, now: datetime) -> bool:
    """A stranger needs our signed token: message ids are guessed and forwarded (OTRS, osTicket: hijacked threads)."""
    match candidate.evidence:
        case Evidence.TOKEN:
            return True
        case Evidence.NUMBER:
            return _names_theirs(candidate, writer) and now - candidate.ticket.updated_at <= _NUMBER_COUNTS_FOR
        case Evidence.AWAY:
            return candidate.ticket.state in AT_WORK and writer.contact in candidate.participants
        case Evidence.FLOOD:
            return writer.contact is not None and writer.contact == candidate.ticket.contact_id
        case Evidence.REFERENCE | Evidence.THREAD:
            return how is Threading.PUBLIC or _takes_part(candidate, writer)
        case _:
            assert_never(candidate.evidence)


def _names_theirs(candidate: Candidate, writer: Writer) -> bool:
    return writer.contact is not None and writer.contact in {candidate.ticket.contact_id, *candidate.named}


def _takes_part(candidate: Candidate, writer: Writer) -> bool:
    """Tell whether somebody wrote in a ticket, or was taken in by a person of ours who wrote to them too."""
    return writer.contact in candidate.participants or not candidate.copied.isdisjoint(writer.addresses)


def _is_known(how: Threading, candidate: Candidate, writer: Writer) -> bool:
    """Tell whether the sender takes part; of a machine only an address speaks, which anybody can write."""
    if candidate.evidence in {Evidence.AWAY, Evidence.FLOOD}:
        return False
    return how is Threading.PUBLIC or _takes_part(candidate, writer)
