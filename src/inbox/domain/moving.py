"""Tickets that turn out to be one, and one that turns out to be two: what becomes of each; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from inbox.domain.ids import ManagerId, MessageId, TicketId
from inbox.domain.message import Direction, Kind, Message
from inbox.domain.ticket import AT_WORK, State, Ticket, clocked, preview
from inbox.errors import DifferentContacts, Merged, TransitionRefused

EVENT = "event"  # of a note's meta: it is a line that says what happened to the ticket
SILENT = "silent"  # of a message's meta: it asks for no answer
WAS_IN = "was_in"  # of a message's meta: the tickets that it was taken from


class MoveKind(StrEnum):
    """Why messages went from one ticket to another."""

    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stood in its ticket."""

    id: MessageId
    seq: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a ticket comes back when a merge is undone."""

    state: State
    waiting_since: datetime | None
    snoozed_until: datetime | None
    solved_at: datetime | None
    last_line: str
    last_direction: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """Messages that went from one ticket to another by word of a person, so that it can be undone."""

    id: UUID
    kind: MoveKind
    source_id: TicketId
    target_id: TicketId
    at: datetime
    by: ManagerId | None
    reason: str | None
    places: tuple[Place, ...]
    before: Standing  # of the source
    target_before: Standing | None = None  # None: it was made for this


def check_merge(source: Ticket, target: Ticket, *, others: bool) -> None:
    """Refuse what cannot be one ticket, and what a person must have said that they mean."""
    if source.id == target.id:
        raise TransitionRefused("A ticket cannot be merged into itself.")
    for ticket in (source, target):
        check_movable(ticket)
    if source.contact_id != target.contact_id and not others:
        raise DifferentContacts


def check_movable(ticket: Ticket) -> None:
    """Refuse to take messages out of, or put them into, what others see as it is."""
    if ticket.merged_into is not None:
        raise Merged(ticket.merged_into)
    if ticket.public or ticket.live:
        raise TransitionRefused("The messages of a chat or of a public thread stay where their readers see them.")


def standing(ticket: Ticket) -> Standing:
    """Return what a merge takes from a ticket."""
    kept = (ticket.state, ticket.waiting_since, ticket.snoozed_until, ticket.solved_at)
    return Standing(*kept, ticket.last_line, ticket.last_direction)


def merged(source: Ticket, *, into: TicketId, now: datetime) -> Ticket:
    """Return a ticket that is from now on another name of `into`."""
    return replace(
        source,
        state=State.CLOSED,
        merged_into=into,
        waiting_since=None,
        snoozed_until=None,
        solved_at=source.solved_at or now,
        due_at=None,
        offered_to=None,
        offered_until=None,
    )


def parted(source: Ticket, before: Standing) -> Ticket:
    """Return a merged ticket as it stood before."""
    return clocked(
        replace(
            source,
            state=before.state,
            merged_into=None,
            waiting_since=before.waiting_since,
            snoozed_until=before.snoozed_until,
            solved_at=before.solved_at,
            last_line=before.last_line,
            last_direction=before.last_direction,
        )
    )


def without(target: Ticket, before: Standing | None, messages: Sequence[Message]) -> Ticket:
    """Return a ticket whose merge was undone: it waits for us only if what is left in it does."""
    after = retold(target, messages)
    if before is None or before.state is State.OPEN or target.state is not State.OPEN or after.state is State.OPEN:
        return after
    return replace(after, state=before.state, snoozed_until=before.snoozed_until, solved_at=before.solved_at)


def joined_by(target: Ticket, source: Ticket) -> Ticket:
    """Return a ticket with what another brings: whoever waits for us in either waits in it."""
    state = _state_of_both(target, source)
    waits = [t.waiting_since for t in (target, source) if t.state is State.OPEN and t.waiting_since]
    return clocked(
        replace(
            target,
            state=state,
            snoozed_until=target.snoozed_until if state is State.SNOOZED else None,
            solved_at=None if state in AT_WORK else target.solved_at,
            waiting_since=min(waits, default=None) if state is State.OPEN else None,
            priority=max(target.priority, source.priority),
            tags=tuple(dict.fromkeys((*target.tags, *source.tags))),
            campaign_id=target.campaign_id or source.campaign_id,
            campaign_key=target.campaign_key or (None if target.campaign_id else source.campaign_key),
            last_seq=target.last_seq + source.last_seq,
        )
    )


def _state_of_both(target: Ticket, source: Ticket) -> State:
    if State.OPEN in {target.state, source.state}:
        return State.OPEN
    if target.state in AT_WORK or source.state not in AT_WORK:
        return target.state
    return State.WAITING


def retold(ticket: Ticket, messages: Sequence[Message]) -> Ticket:
    """Return a ticket whose last line, and since when it waits for us, are those of these messages, in order."""
    said = [m for m in messages if m.kind is not Kind.NOTE]
    since = unanswered_since(said)
    state = State.WAITING if ticket.state is State.OPEN and ticket.waiting_since and since is None else ticket.state
    newest = said[-1] if said else None
    return clocked(
        replace(
            ticket,
            state=state,
            waiting_since=since if state is State.OPEN else None,
            last_line=preview(newest.text) if newest else "",
            last_direction=newest.direction.value if newest else None,
        )
    )


def unanswered_since(said: Sequence[Message]) -> datetime | None:
    """Return when the oldest word came that nobody has answered since."""
    found: datetime | None = None
    for message in said:
        if message.direction is Direction.OUTBOUND:
            found = None
        elif message.direction is Direction.INBOUND and not message.meta.get(SILENT) and message.deleted_at is None:
            found = found or message.at
    return found


def is_line(message: Message) -> bool:
    """Tell whether a message is but a line about its ticket."""
    return EVENT in message.meta


def check_split(messages: Sequence[Message], chosen: Sequence[Message]) -> None:
    """Refuse to take out nothing, or all, or what is but a line about the ticket."""
    if any(is_line(message) for message in chosen):
        raise TransitionRefused("This is no message that could stand elsewhere.")
    if all(message.kind is Kind.NOTE for message in chosen):
        raise TransitionRefused("A ticket begins with a message, not with notes alone.")
    left = [m for m in messages if m not in chosen and m.kind is not Kind.NOTE]
    if not left:
        raise TransitionRefused("At least one message must stay in the ticket.")
