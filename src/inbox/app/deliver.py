"""Sends what is in the outbox, and decides what its failures mean."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inbox.app.closing import keep_closing
from inbox.app.inboxes import inbox_event
from inbox.app.limits import Limit, spend
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.outgoing import Blobs, is_acknowledgement, outgoing
from inbox.app.ports import Leased, Unit, Units
from inbox.app.suppress import leave_out, suppress_gone
from inbox.app.views import ticket_event
from inbox.channel.contract import Paces
from inbox.channel.host import Clock
from inbox.channel.model import Outgoing, Receipt, Undelivered
from inbox.domain.deliveries import is_given_up, wait_before
from inbox.domain.events import EventType
from inbox.domain.fates import Refusal, due, settled
from inbox.domain.ids import InboxId
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Delivery, Message
from inbox.domain.recipients import Fate, Recipient
from inbox.domain.ticket import State, Ticket
from inbox.errors import (
    ConfigRejected,
    Conflict,
    DeliveryDelayed,
    DeliveryFailed,
    DeliveryForbidden,
    DeliveryPaced,
    DeliveryUncertain,
    FarEndGone,
    InboxError,
    Invalid,
    NotFound,
    RecipientGone,
    Unavailable,
)

AT_ONCE = 20  # messages that one worker sends beside each other
SHARE = 8  # of them; an inbox that has so many under way is given no more, since its far end may hang
TAKEN = 4  # in one look
LEASE = timedelta(seconds=30)  # renewed while its row is being sent: after a crash another worker takes it this soon
_RENEWAL = LEASE.total_seconds() / 4
_SEND_TIMEOUT = 90  # seconds
_RECORD_TRIES = 20
_RECORD_PAUSE = 1.0  # seconds
_MINUTE = timedelta(minutes=1)
_BREATH = timedelta(seconds=2)
_NO_BLIP = 3  # tries after which a far end that does not answer is an outage and not a hiccup
_ACCOUNT_PAUSE = timedelta(minutes=5)  # an inbox with wrong settings is not hammered
_FATES = {
    Delivery.SENT: Fate.SENT,
    Delivery.DELIVERED: Fate.SENT,
    Delivery.FAILED: Fate.FAILED,
    Delivery.UNCERTAIN: Fate.UNCERTAIN,
}
_LONGEST_ID = 500  # characters of what a far end calls a message
_LONGEST_WORDS = 2_000  # characters of what it says about it
_CRASHED = "The service stopped while this message was being sent; nobody knows whether it arrived."


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one try."""

    delivery: Delivery
    note: str | None = None
    external_id: str | None = None
    again_in: timedelta | None = None  # None: this was the last try
    fault: str | None = None  # of the inbox, not of the message
    refusals: tuple[Refusal, ...] = ()  # of some of those whom it was for
    undelivered: tuple[Undelivered, ...] = ()  # the same, as the channel says it
    counts: bool = True  # False: nothing was tried
    gone: bool = False  # there is nobody behind any address that it was for


async def lease_due(units: Units, *, limit: int, now: datetime, without: Collection[InboxId] = ()) -> list[Leased]:
    """Take what is due, for this worker alone; nothing of the inboxes that are to be left out."""
    async with units() as unit:
        return await unit.outbox.lease(now=now, limit=limit, lasts=LEASE, without=without)


async def deliver_due(units: Units, inboxes: OpenInboxes, blobs: Blobs, clock: Clock) -> int:
    """Lease and send what is due, rows beside each other, until all have ended; return how many there were."""
    leased = await lease_due(units, limit=AT_ONCE, now=clock())
    async with asyncio.TaskGroup() as group:
        for row in leased:
            group.create_task(deliver_one(units, inboxes, blobs, row, clock))
    return len(leased)


async def deliver_one(units: Units, inboxes: OpenInboxes, blobs: Blobs, row: Leased, clock: Clock) -> None:
    """Send one row and store what became of it; no fault of a channel or a far end gets past here."""
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_lease(units, row, clock))
        await _send_and_record(units, inboxes, blobs, row, clock)
        keeping.cancel()


async def keep_lease(units: Units, row: Leased, clock: Clock, *, every: float = _RENEWAL) -> None:
    """Hold a row, until cancelled, so that nobody else takes it while it is being sent."""
    while True:
        await asyncio.sleep(every)
        with suppress(Unavailable, Conflict):
            async with units() as unit:
                await unit.outbox.keep(row, until=clock() + LEASE)


async def _send_and_record(units: Units, inboxes: OpenInboxes, blobs: Blobs, row: Leased, clock: Clock) -> None:
    result = legible(await _result(units, inboxes, blobs, row, now=clock()))
    for _ in range(_RECORD_TRIES):
        try:
            async with units() as unit:
                return await _record(unit, row, result, now=clock())
        except (Unavailable, Conflict):
            await asyncio.sleep(_RECORD_PAUSE)
    # The lease runs out, and whoever takes the row next finds a message whose sending ended without a word.
    return None


async def _result(units: Units, inboxes: OpenInboxes, blobs: Blobs, row: Leased, *, now: datetime) -> Result:
    try:
        opened = await inboxes.get(row.inbox_id)
        await _pace(units, opened, now=now)
        ready = await _prepared(units, opened, blobs, row)
        if isinstance(ready, Result):
            return ready
        async with asyncio.timeout(_SEND_TIMEOUT):
            return delivered(await opened.connection.send(ready), row.attempt, jitter=_jitter())
    except TimeoutError:
        return failed(DeliveryUncertain("The far end did not answer in time."), row.attempt, jitter=_jitter())
    except InboxError as error:
        return failed(error, row.attempt, jitter=_jitter())
    except Exception as error:  # noqa: BLE001 - a channel's own fault, like one in understanding: shown, not spread
        words = f"The channel failed while sending ({type(error).__name__}); nobody knows whether it arrived."
        return failed(DeliveryUncertain(words), row.attempt, jitter=_jitter())


async def _pace(units: Units, opened: Opened, *, now: datetime) -> None:
    """Count a message against what its inbox may send in a minute; raise DeliveryPaced if that is used up."""
    most = opened.connection.per_minute() if isinstance(opened.connection, Paces) else 0
    if not most:
        return
    async with units() as unit:
        wait = await spend(unit, (Limit("sent", most, _MINUTE), str(opened.inbox.id)), now=now)
    if wait:
        raise DeliveryPaced("The inbox has sent as much as it may in a minute.", retry_after=wait)


async def _prepared(units: Units, opened: Opened, blobs: Blobs, row: Leased) -> Outgoing | Result:
    """Mark the message as being sent, durably, before it is; a result if it must not be sent (again).

    If an earlier try ended without a word, nobody knows whether it got through: unless the far end knows a message that
    comes twice, a person decides.
    """
    async with units() as unit:
        ticket, message = await _held(unit, row)
        if message.delivery in {Delivery.DELIVERED, Delivery.WITHDRAWN}:
            return Result(message.delivery)  # it came back to us before its own answer did, or was taken back
        if message.delivery is Delivery.SENDING and not opened.capabilities.resend_safe:
            return Result(Delivery.UNCERTAIN, _CRASHED)
        message = await leave_out(unit, message)
        if message.recipients and not due(message.recipients):
            await unit.messages.save(message)
            return Result(Delivery.FAILED, _words_of(message))
        await unit.messages.save(replace(message, delivery=Delivery.SENDING))
        return await outgoing(unit, blobs, ticket, message, frozen=row.frozen)


def _words_of(message: Message) -> str:
    return "; ".join(f"{each.address}: {each.note}" for each in message.recipients if each.state is Fate.FAILED)


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing


def delivered(receipt: Receipt, attempt: int, *, jitter: float) -> Result:
    """Read a receipt: whom it did not reach for now is tried again, the others are not; pure."""
    refusals = tuple(Refusal(u.recipient, u.reason, u.permanent) for u in receipt.undelivered)
    if not refusals:
        return Result(receipt.delivery, receipt.note, receipt.external_id)
    words = "; ".join(f"{refusal.address}: {refusal.words}" for refusal in refusals)
    if all(refusal.permanent for refusal in refusals) or is_given_up(attempt):
        return Result(Delivery.FAILED, words, receipt.external_id, None, None, refusals, receipt.undelivered)
    pause = wait_before(attempt, jitter=jitter)
    return Result(Delivery.QUEUED, words, receipt.external_id, pause, None, refusals, receipt.undelivered)


def failed(error: InboxError, attempt: int, *, jitter: float) -> Result:
    """Decide what an error means: another try, the end, or a person's decision; pure."""
    words = str(error)
    if isinstance(error, DeliveryPaced):
        return Result(Delivery.QUEUED, again_in=error.retry_after or _BREATH, counts=False)
    if isinstance(error, DeliveryUncertain):
        return Result(Delivery.UNCERTAIN, words)
    if isinstance(error, DeliveryFailed | NotFound | Invalid) or is_given_up(attempt):
        return Result(Delivery.FAILED, words, fault=_fault_of(error, attempt), gone=isinstance(error, RecipientGone))
    asked = error.retry_after if isinstance(error, DeliveryDelayed) else None
    pause = wait_before(attempt, jitter=jitter, asked=asked)
    if isinstance(error, ConfigRejected):
        pause = max(pause, _ACCOUNT_PAUSE)
    return Result(Delivery.QUEUED, words, again_in=pause, fault=_fault_of(error, attempt))


def legible(result: Result) -> Result:
    """Return a result whose words, which are a far end's own, can be stored and shown; pure."""
    known = result.external_id
    return replace(
        result,
        note=_words(result.note) if result.note else None,
        fault=_words(result.fault) if result.fault else None,
        external_id=known if known and len(known) <= _LONGEST_ID and known == _words(known) else None,
        refusals=tuple(replace(each, words=_words(each.words)) for each in result.refusals),
        undelivered=tuple(replace(each, reason=_words(each.reason)) for each in result.undelivered),
    )


def _words(said: str) -> str:
    """Return words without what PostgreSQL and JSON do not hold: NUL, and halves of characters."""
    return said[:_LONGEST_WORDS].replace("\0", "").encode("utf-8", "replace").decode()


def _fault_of(error: InboxError, attempt: int) -> str | None:
    """Return what is wrong with the inbox itself: until that is mended, nothing gets out by it."""
    is_settled = isinstance(error, FarEndGone) and attempt >= _NO_BLIP
    return str(error) if is_settled or isinstance(error, ConfigRejected | DeliveryForbidden) else None


async def _record(unit: Unit, row: Leased, result: Result, *, now: datetime) -> None:
    """Store the result, unless the lease was lost: then somebody else has the word."""
    if not await _end(unit, row, result, now=now):
        return
    ticket, message = await _held(unit, row)
    if message.delivery is Delivery.DELIVERED:
        return  # it came back to us before its own answer did
    error = result.note if result.delivery not in {Delivery.SENT, Delivery.DELIVERED} else None
    external_id = message.external_id or await _own_name(unit, row.inbox_id, result.external_id)
    together = _together(message, result)
    changed = replace(
        message,
        delivery=together,
        error=error or (_words_of(message) if together is Delivery.FAILED else None),
        external_id=external_id,
        recipients=_fates(message, result),
    )
    await unit.messages.save(changed)
    await suppress_gone(unit, message, _gone(message, result), now=now)
    after = ticket if is_acknowledgement(message) else _after(ticket, result, now=now)
    saved = await unit.tickets.save(after, now=now)
    await keep_closing(unit, ticket.state, saved, now=now)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, saved, changed))
    await _tell_health(unit, row.inbox_id, result, now=now)


async def _own_name(unit: Unit, inbox_id: InboxId, external_id: str | None) -> str | None:
    """Return what the far end calls a message, unless it calls another one so: then it is no name."""
    if external_id is None or await unit.messages.by_external_id(inbox_id, external_id) is not None:
        return None
    return external_id


def _fates(message: Message, result: Result) -> tuple[Recipient, ...]:
    if result.refusals:
        # What was refused by the last try is over, also where the server only said "not yet".
        over = result.again_in is None
        refusals = [replace(refusal, permanent=refusal.permanent or over) for refusal in result.refusals]
        return settled(message.recipients, Fate.SENT, None, refusals)
    return settled(message.recipients, _FATES.get(result.delivery), result.note)


def _gone(message: Message, result: Result) -> tuple[Undelivered, ...]:
    if not result.gone:
        return result.undelivered
    return tuple(Undelivered(each.address, result.note or "", gone=True) for each in due(message.recipients))


def _together(message: Message, result: Result) -> Delivery:
    """Return the state of the whole: what once failed for somebody has, also when the rest gets through later."""
    lost = any(each.state is Fate.FAILED for each in message.recipients)
    return Delivery.FAILED if lost and result.delivery is Delivery.SENT else result.delivery


async def _tell_health(unit: Unit, inbox_id: InboxId, result: Result, *, now: datetime) -> None:
    """Show an inbox as failing when it is to blame, and as well again when something got out."""
    known = result.fault is not None or result.delivery in {Delivery.SENT, Delivery.DELIVERED}
    if known and await unit.inboxes.set_sending(inbox_id, result.fault, now=now):
        unit.record(inbox_event(await unit.inboxes.find(inbox_id)))


def _after(ticket: Ticket, result: Result, *, now: datetime) -> Ticket:
    """An answer that did not arrive is open work again."""
    if result.delivery not in {Delivery.FAILED, Delivery.UNCERTAIN} or ticket.state is State.OPEN:
        return ticket
    return replace(ticket, state=State.OPEN, solved_at=None, snoozed_until=None, waiting_since=now)


async def _end(unit: Unit, row: Leased, result: Result, *, now: datetime) -> bool:
    if result.again_in is not None:
        run_at, said = now + result.again_in, result.note or ""
        return await unit.outbox.later(row, run_at=run_at, error=said, counts=result.counts)
    return await unit.outbox.done(row, now=now, error=result.note)


async def _held(unit: Unit, row: Leased) -> tuple[Ticket, Message]:
    """Return a message with its ticket, held: since it was queued it may have gone into another one."""
    held = None
    while True:
        message = await unit.messages.own(row.inbox_id, row.message_id)
        if message is None:
            raise NotFound("There is no such message.")
        if held is not None and message.ticket_id == held.id:
            return held, message
        held = await unit.tickets.hold_any(message.ticket_id, EVERYTHING)
