"""Answers that leave at a time to come: until then nobody is answered, and the ticket sleeps if it waited for one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from inbox.app.closing import start_closing
from inbox.app.lines import By, planned
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.outgoing import Blobs, is_acknowledgement, outgoing
from inbox.app.ports import Unit, Units
from inbox.app.views import is_automatic, ticket_event
from inbox.channel.contract import Prepares
from inbox.channel.host import Clock as Now
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.events import EventType
from inbox.domain.holding import asleep, remembered, sleeps_for, unanswered
from inbox.domain.ids import ClockId, MessageId, TicketId, new_id
from inbox.domain.manager import EVERYTHING, Access
from inbox.domain.message import Delivery, Direction, Message
from inbox.domain.ticket import State, Ticket, answered, clocked, noted
from inbox.errors import Conflict, InboxError, Invalid, StaleVersion, SwitchedOff, TransitionRefused, Unavailable

LONGEST = timedelta(days=366)
_BATCH = 50
_WAKES_AFTER = timedelta(minutes=1)  # a ticket whose answer did not leave at its time is seen again
_SOLVES = "solve"  # of a scheduled message's meta: the ticket is solved when it leaves
_HOME = frozenset({Delivery.SCHEDULED, Delivery.WITHDRAWN})
_ANSWERED = "Somebody answered before its time."


@dataclass(frozen=True, slots=True)
class Plan:
    """When an answer leaves, and under which condition."""

    at: datetime
    unless_answered: bool = False
    solve: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be otherwise; None leaves it as it is."""

    at: datetime | None = None
    unless_answered: bool | None = None


class Writes(Protocol):
    """Who decides, and where the files lie."""

    @property
    def access(self) -> Access: ...
    @property
    def blobs(self) -> Blobs: ...


async def schedule(
    unit: Unit, ticket: Ticket, message: Message, plan: Plan, opened: Opened, *, now: datetime
) -> tuple[Ticket, Message]:
    """Store an answer that waits for its time; it is made, quoted and dated when it leaves."""
    if not opened.capabilities.schedules:
        raise Invalid("In this channel an answer is sent at once.", pointer="/send_at")
    _check(plan.at, now=now)
    message = replace(
        message,
        delivery=Delivery.SCHEDULED,
        send_at=plan.at,
        unless_answered=plan.unless_answered,
        meta=message.meta | remembered(ticket) | {_SOLVES: plan.solve},
    )
    saved = await unit.tickets.save(asleep(noted(ticket), message), now=now)
    await unit.messages.add(message)
    await _set_alarm(unit, saved, message, now=now)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
    return saved, message


async def reschedule(
    unit: Unit, access: Access, ticket_id: TicketId, message_id: MessageId, wish: Wish, *, now: datetime
) -> Message:
    """Let an answer leave at another time, or under another condition."""
    ticket = await unit.tickets.hold(ticket_id, access)
    message = _scheduled(await unit.messages.find(ticket_id, message_id))
    if wish.at is not None:
        _check(wish.at, now=now)
    unless = message.unless_answered if wish.unless_answered is None else wish.unless_answered
    changed = replace(message, send_at=wish.at or message.send_at, unless_answered=unless)
    await unit.messages.save(changed)
    if sleeps_for(ticket, message):
        ticket = replace(ticket, snoozed_until=changed.send_at)
    saved = await unit.tickets.save(ticket, now=now)
    await _set_alarm(unit, saved, changed, now=now)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, changed))
    return changed


async def send_now(
    unit: Unit, desk: Writes, opened: Opened, ticket_id: TicketId, message_id: MessageId, *, now: datetime
) -> Message:
    """Send a scheduled answer off before its time, by a person's decision: whoever has answered meanwhile."""
    ticket = await unit.tickets.hold(ticket_id, desk.access)
    message = _scheduled(await unit.messages.find(ticket_id, message_id))
    if not opened.inbox.active:
        raise SwitchedOff
    return await _leave(unit, desk.blobs, opened, ticket, replace(message, unless_answered=False), now=now)


async def release_due(units: Units, inboxes: OpenInboxes, blobs: Blobs, clock: Now) -> int:
    """Send off what is due, each in a unit of its own; return how many were due."""
    async with units.reading() as unit:
        due = await unit.messages.scheduled(now=clock(), limit=_BATCH)
    for each in due:
        await _release_one(units, inboxes, blobs, each, now=clock())
    return len(due)


async def _release_one(
    units: Units, inboxes: OpenInboxes, blobs: Blobs, due: tuple[TicketId, MessageId], *, now: datetime
) -> None:
    try:
        async with units() as unit:
            ticket = await unit.tickets.hold(due[0], EVERYTHING)
            message = await unit.messages.find(*due)
            if message.delivery is Delivery.SCHEDULED and message.send_at and message.send_at <= now:
                opened = _working(await inboxes.get(ticket.inbox_id))
                await _leave(unit, blobs, opened, ticket, message, now=now)
    except (Unavailable, Conflict, StaleVersion):
        raise  # it is not to blame: it is tried again
    except InboxError as error:
        async with units() as unit:
            await _fail(unit, *due, str(error), now=now)


def _working(opened: Opened) -> Opened:
    if not opened.inbox.active:
        raise Invalid("This inbox is switched off.")
    return opened


async def _leave(
    unit: Unit, blobs: Blobs, opened: Opened, ticket: Ticket, message: Message, *, now: datetime
) -> Message:
    """Put an answer on its way, or leave it here if it was for the case that nobody answers."""
    since = [one for one in await unit.messages.since(ticket.id, message.seq) if _is_said(one)]
    if message.unless_answered and since:
        return await _stay(unit, ticket, message, now=now)
    place = message
    message, ticket = _at_the_end(message, ticket, now=now)
    heard = any(one.direction is Direction.INBOUND for one in since)
    moved = ticket if heard else _answered(ticket, message, now=now)
    frozen = None
    if isinstance(opened.connection, Prepares):
        external_id, frozen = opened.connection.prepare(await outgoing(unit, blobs, ticket, message))
        message = replace(message, external_id=external_id)
    if not heard:
        await unit.clocks.stop(ticket.id, ClockKind.CALLBACK, ClockKind.SNOOZE, ClockKind.CLOSE, now=now)
    await start_closing(unit, moved, now=now)
    saved = await unit.tickets.save(moved, now=now)
    await unit.messages.save(message)
    if message.seq != place.seq:
        await _mark(unit, saved, place)
    await unit.outbox.add(message.id, ticket.inbox_id, ticket.id, run_at=now, frozen=frozen)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))
    return message


async def _mark(unit: Unit, ticket: Ticket, place: Message) -> None:
    """Put a line where an answer was planned: the places of a ticket have no gaps, so that nobody misses one."""
    by = By(EVERYTHING, place.manager_id, place.author_name)
    told = planned(ticket, place.seq, place.id, by, now=place.at)
    await unit.messages.add(told)
    unit.record(ticket_event(EventType.NOTE_ADDED, ticket, told))


def _at_the_end(message: Message, ticket: Ticket, *, now: datetime) -> tuple[Message, Ticket]:
    """Return the message as said now: whatever was said while it waited stands before it."""
    if ticket.last_seq > message.seq:
        ticket = noted(ticket)
        message = replace(message, seq=ticket.last_seq)
    return replace(message, delivery=Delivery.QUEUED, at=now), ticket


def _answered(ticket: Ticket, message: Message, *, now: datetime) -> Ticket:
    moved = answered(ticket, message.text, solve=bool(message.meta.get(_SOLVES)), now=now)
    return replace(moved, last_seq=ticket.last_seq)


async def _stay(unit: Unit, ticket: Ticket, message: Message, *, now: datetime) -> Message:
    """Leave an answer here that nobody needs any more; its words stay in the ticket."""
    stays = replace(message, delivery=Delivery.WITHDRAWN, error=_ANSWERED)
    await unit.messages.save(stays)
    saved = await unit.tickets.save(ticket, now=now)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, stays))
    return stays


async def _fail(unit: Unit, ticket_id: TicketId, message_id: MessageId, words: str, *, now: datetime) -> None:
    """Show a person what cannot leave: the ticket is open again."""
    ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
    message = await unit.messages.find(ticket_id, message_id)
    if message.delivery is not Delivery.SCHEDULED:
        return
    failed = replace(message, delivery=Delivery.WITHDRAWN, error=words)
    await unit.messages.save(failed)
    again = unanswered(ticket, message, now=now)
    saved = await unit.tickets.save(clocked(replace(again, state=State.OPEN, snoozed_until=None)), now=now)
    await unit.clocks.stop(ticket.id, ClockKind.SNOOZE, ClockKind.CLOSE, now=now)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, failed))


async def _set_alarm(unit: Unit, ticket: Ticket, message: Message, *, now: datetime) -> None:
    """Wake a ticket that sleeps for an answer, a little after that should have left."""
    if not sleeps_for(ticket, message) or message.send_at is None:
        return
    await unit.clocks.stop(ticket.id, ClockKind.SNOOZE, now=now)
    due_at = message.send_at + _WAKES_AFTER
    await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, ClockKind.SNOOZE, started_at=now, due_at=due_at))


def _is_said(message: Message) -> bool:
    """Tell whether somebody said something to the other: a person, and not one who only plans to."""
    if message.direction is Direction.INTERNAL or message.delivery in _HOME:
        return False
    return not is_acknowledgement(message) and not is_automatic(message)


def _scheduled(message: Message) -> Message:
    if message.delivery is not Delivery.SCHEDULED:
        raise TransitionRefused(f"This message is {message.delivery}; it waits for no time.")
    return message


def _check(at: datetime, *, now: datetime) -> None:
    if not now < at <= now + LONGEST:
        raise Invalid("An answer can be sent at a time to come, within a year.", pointer="/send_at")
