"""Tickets: the work that a correspondence asks for, and the states it goes through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from inbox.domain.calls import Call, CallState
from inbox.domain.ids import CampaignId, ContactId, InboxId, ManagerId, TeamId, TicketId
from inbox.domain.lanes import Lane
from inbox.domain.reasons import Reason
from inbox.errors import TransitionRefused


class State(StrEnum):
    """Where a ticket stands. Every state can be left: there are no dead ends."""

    OPEN = "open"
    WAITING = "waiting"  # for the contact
    SNOOZED = "snoozed"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(IntEnum):
    """How soon, by word of a person; higher comes first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3


REOPENS_WITHIN = timedelta(days=7)
ANSWER_WITHIN = timedelta(hours=4)  # where neither rule nor channel says otherwise
# How much of the target is left to tickets of a priority.
_HASTE = {Priority.LOW: 2.0, Priority.NORMAL: 1.0, Priority.HIGH: 0.5, Priority.URGENT: 0.25}
AT_WORK = frozenset({State.OPEN, State.WAITING, State.SNOOZED})

_MAY_BECOME: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.WAITING, State.SNOOZED, State.SOLVED}),
    State.WAITING: frozenset({State.OPEN, State.SNOOZED, State.SOLVED}),
    State.SNOOZED: frozenset({State.OPEN, State.WAITING, State.SOLVED}),
    State.SOLVED: frozenset({State.OPEN, State.WAITING, State.SNOOZED, State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN}),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """The work that one correspondence asks for; belongs to one inbox, holds messages."""

    id: TicketId
    number: int  # what people say aloud
    inbox_id: InboxId
    channel: str
    state: State
    created_at: datetime
    updated_at: datetime
    contact_id: ContactId | None = None
    contact_name: str | None = None
    contact_verified: bool = False
    subject: str | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    campaign_id: CampaignId | None = None
    campaign_key: str | None = None  # named by the source, still unknown to us
    assignee_id: ManagerId | None = None
    thread: str | None = None
    language: str | None = None
    public: bool = False
    last_line: str = ""
    last_direction: str | None = None
    last_seq: int = 0  # of its messages
    public_seq: int = 0  # of what a visitor may see
    waiting_since: datetime | None = None  # the oldest unanswered inbound message
    snoozed_until: datetime | None = None
    solved_at: datetime | None = None
    due_at: datetime | None = None  # by when we are to answer, or to call back
    follows: TicketId | None = None  # the older ticket that this one continues
    merged_into: TicketId | None = None  # where its messages are now; it is but another name of that ticket
    live: bool = False  # the contact follows it as we write
    lane: Lane = Lane.ANSWER
    lane_by: str | None = None  # rule | manager
    lane_why: Reason | None = None
    routed_why: Reason | None = None  # which rules decided, and what
    by_hand: tuple[str, ...] = ()  # what a person set, so that rules leave it
    team_id: TeamId | None = None
    skills: tuple[str, ...] = ()  # what whoever answers must know
    weight: int = 10  # how much of a person it takes, in hundredths
    target: timedelta = ANSWER_WITHIN  # within which a normal one is answered
    assigned_at: datetime | None = None
    assigned_why: Reason | None = None
    offered_to: ManagerId | None = None
    offered_until: datetime | None = None
    declined_by: tuple[ManagerId, ...] = ()
    version: int = 0


def clocked(ticket: Ticket) -> Ticket:
    """Return the ticket with the deadline of our answer: none while it does not wait for one."""
    return replace(ticket, due_at=_due_at(ticket, ticket.waiting_since if ticket.state is State.OPEN else None))


def _due_at(ticket: Ticket, since: datetime | None) -> datetime | None:
    """Return by when somebody is to be answered who waits since then."""
    return since + due_within(ticket.target, ticket.priority) if since and ticket.lane is Lane.ANSWER else None


def due_within(target: timedelta, priority: Priority) -> timedelta:
    """Return within what time a ticket is to be answered: how soon depends on its priority."""
    return target * _HASTE[priority]


def moved(ticket: Ticket, to: State, *, now: datetime, until: datetime | None = None) -> Ticket:
    """Return the ticket in another state; raise TransitionRefused where the machine has no such way."""
    if to is ticket.state and to is not State.SNOOZED:
        return ticket
    if to is not ticket.state and to not in _MAY_BECOME[ticket.state]:
        raise TransitionRefused(f"A ticket that is {ticket.state} cannot become {to}.")
    return clocked(
        replace(
            ticket,
            state=to,
            snoozed_until=until if to is State.SNOOZED else None,
            solved_at=(ticket.solved_at or now) if to in {State.SOLVED, State.CLOSED} else None,
            waiting_since=ticket.waiting_since if to is State.OPEN else None,
        )
    )


def heard(ticket: Ticket, line: str, *, at: datetime) -> Ticket:
    """Return the ticket after the contact spoke: open again, and waiting for us since the oldest unanswered word."""
    was_open = ticket.state is State.OPEN
    since = ticket.waiting_since if was_open and ticket.waiting_since else at
    return replace(
        ticket,
        state=State.OPEN,
        snoozed_until=None,
        solved_at=None,
        waiting_since=since,
        due_at=_due_at(ticket, since),
        declined_by=ticket.declined_by if was_open else (),
        last_line=preview(line),
        last_direction="inbound",
        last_seq=ticket.last_seq + 1,
    )


def answered(ticket: Ticket, line: str, *, solve: bool, now: datetime) -> Ticket:
    """Return the ticket after we answered: waiting for the contact, or solved."""
    return replace(
        ticket,
        state=State.SOLVED if solve else State.WAITING,
        snoozed_until=None,
        solved_at=now if solve else None,
        waiting_since=None,
        due_at=None,
        last_line=preview(line),
        last_direction="outbound",
        last_seq=ticket.last_seq + 1,
    )


def noted(ticket: Ticket) -> Ticket:
    """Return the ticket after an internal note: it counts as a message and changes nothing else."""
    return replace(ticket, last_seq=ticket.last_seq + 1)


def joined(ticket: Ticket, line: str) -> Ticket:
    """Return the ticket after something that asks for no answer: an automatic reply, a deletion before its message."""
    return replace(ticket, last_line=preview(line) or ticket.last_line, last_seq=ticket.last_seq + 1)


def after_call(ticket: Ticket, call: Call, *, at: datetime) -> Ticket:
    """Return the ticket after a call, or after more became known of it.

    A missed one waits for us from the moment it was missed and is due for a callback; one that reached us is done.
    """
    # A number needs no translation; what became of the call the screens say in their own language.
    line = (call.caller if call.inbound else call.callee) or ""
    if call.wants_callback:
        return heard(ticket, line, at=call.ended_at or at)
    if call.state is CallState.COMPLETED:
        return answered(ticket, line, solve=True, now=at)
    if call.inbound and call.ended_at is None:
        return heard(ticket, line, at=call.started_at or at)
    if call.inbound and call.caller is None and ticket.state is State.OPEN:
        return moved(joined(ticket, line), State.SOLVED, now=at)  # it waited while it rang; nobody can be called back
    return joined(ticket, line)


def may_reopen(ticket: Ticket, now: datetime) -> bool:
    """Tell whether a new message still joins this ticket; public threads stay one ticket for good."""
    if ticket.public or ticket.state in AT_WORK:
        return True
    return ticket.solved_at is not None and now - ticket.solved_at <= REOPENS_WITHIN


def preview(text: str) -> str:
    """Return the first 160 characters on one line."""
    return " ".join(text.split())[:160]
