"""The edges' way in: a pushed call, a fetched batch, a visitor's word; each ends in `receive`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from inbox.app.acknowledge import acknowledge
from inbox.app.arrival import Arrival
from inbox.app.languages import Languages
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.ports import Unit, Units
from inbox.app.receive import Outcome, Taken, is_plain, locks_for, receive, receive_at_once
from inbox.app.routing import Routing
from inbox.app.turns import Turns
from inbox.channel.contract import Answer, Connection, ReadsApart, Understands
from inbox.channel.host import Clock
from inbox.channel.model import Batch, File, Original, Received, WebhookCall
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import AttachmentId, InboxId, OriginalId, new_id
from inbox.domain.message import Attachment
from inbox.errors import Conflict, Invalid, MessageUnreadable, StaleVersion, Unavailable

_TRIES = 5  # when parallel changes of one ticket get into each other's way
SHORT = 300  # characters of a reason


class Keeper(Protocol):
    """Keeps attachments by their hash, and says what they are."""

    async def keep(self, file: File) -> Attachment:
        """Store a file durably; its type is sniffed from its bytes."""

    async def keep_pieces(self, name: str, pieces: AsyncIterator[bytes], *, limit: int) -> Attachment:
        """Store a file as it comes in, likewise; raise TooLarge for one over the limit."""


class Elsewhere(Protocol):
    """Understands what must not be understood in the midst of everything else."""

    async def understand(self, reader: Understands, original: Original) -> Sequence[Received]:
        """Turn an original into messages; raise MessageUnreadable, also for what takes too much."""

    async def understand_all(self, questions: Sequence[tuple[Understands, Original]]) -> list[Answer]:
        """Turn originals into messages, each by its reader; of one that cannot be, say why."""


class Here:
    """Understands in this process, bound by nothing: for tests, and for what only people at work are asked."""

    async def understand(self, reader: Understands, original: Original) -> Sequence[Received]:
        """Turn an original into messages."""
        return reader.understand(original)

    async def understand_all(self, questions: Sequence[tuple[Understands, Original]]) -> list[Answer]:
        """Turn originals into messages."""
        return [_answer(reader, original) for reader, original in questions]


def _answer(reader: Understands, original: Original) -> Answer:
    try:
        return understood(reader, original)
    except MessageUnreadable as error:
        return error


@dataclass(frozen=True, slots=True)
class Door:
    """All that the ways in share."""

    units: Units
    inboxes: OpenInboxes
    keeper: Keeper
    clock: Clock
    languages: Languages = field(default_factory=Languages)
    turns: Turns = field(default_factory=Turns)
    routing: Routing = field(default_factory=Routing)
    apart: Elsewhere = field(default_factory=Here)


async def take_call(door: Door, inbox_id: InboxId, call: WebhookCall) -> tuple[Outcome | str, bytes | None]:
    """Take in a webhook call: verified first, then understood, then stored with its original in one transaction.

    What is signed and cannot be understood goes to quarantine and is acknowledged: its sender could not do better.
    Returns what became of it, and the body of the answer if the channel has one.
    """
    opened = await door.inboxes.get(inbox_id)
    channel = opened.pushes
    if channel is None:
        raise Invalid("This inbox takes no webhooks.")
    original = channel.verify(call)
    answer = channel.challenge(call)
    if answer is not None:
        return Outcome.ECHO, answer
    if not opened.inbox.active:
        raise Unavailable("This inbox is switched off.")
    try:
        messages = understood(channel, original)
    except MessageUnreadable as error:
        await _to_quarantine(door, opened, original, str(error))
        return "quarantined", None
    return await _take_all(door, opened, messages, original), None


async def take_message(
    door: Door,
    opened: Opened,
    received: Received,
    *,
    original: Original | None = None,
    kept: tuple[Attachment, ...] = (),
    original_id: OriginalId | None = None,
) -> Taken:
    """Take in one message, with the files `kept` for it before; tried again when a parallel change was quicker.

    `original` is stored with it; `original_id` is that of one that is stored already.
    """
    arrival = await arrived(door, opened, received, original=original, kept=kept, original_id=original_id)
    async with door.turns.of(*locks_for(arrival.inbox, received)):
        taken = await _at_once(door, arrival) or await _in_order(door, arrival)
    await acknowledge(door.units, opened, received, taken, now=door.clock())
    return taken


async def arrived(
    door: Door,
    opened: Opened,
    received: Received,
    *,
    original: Original | None = None,
    kept: tuple[Attachment, ...] = (),
    original_id: OriginalId | None = None,
) -> Arrival:
    """Return a message as it is taken in: its files kept, its language heard."""
    attachments = (*kept, *[await door.keeper.keep(file) for file in received.files])
    return Arrival(
        inbox=opened.inbox,
        capabilities=opened.capabilities,
        received=received,
        attachments=attachments,
        original=original,
        heard=door.languages.hear(received),
        routing=door.routing.current,
        folds=opened.folds,
        original_id=original_id,
    )


async def _at_once(door: Door, arrival: Arrival) -> Taken | None:
    """Try to do with one statement; None if it takes more, or if another process was quicker."""
    if not is_plain(arrival):
        return None
    try:
        async with door.units.single() as unit:
            return await receive_at_once(unit, arrival, now=door.clock())
    except (StaleVersion, Conflict):
        return None


async def _in_order(door: Door, arrival: Arrival) -> Taken:
    for _ in range(_TRIES - 1):
        try:
            return await _once(door, arrival)
        except (StaleVersion, Conflict):
            continue
    return await _once(door, arrival)


async def keep_batch(unit: Unit, inbox_id: InboxId, batch: Batch, *, owner: UUID, now: datetime) -> int:
    """Store fetched originals and the cursor together, before anything is parsed; return how many were new.

    Raises Unavailable if another process holds the inbox by now: it will fetch them itself.
    """
    brought = bool(batch.originals)
    if not await unit.inboxes.move_cursor(inbox_id, batch.cursor, owner=owner, now=now, brought=brought):
        raise Unavailable("Another process has taken over this inbox.")
    new = await unit.originals.add_all(inbox_id, batch.originals, state="pending") if batch.originals else 0
    if batch.missed and new:
        await unit.inboxes.count_missed(inbox_id, new)
    return new


async def understood_apart(door: Door, connection: Connection, original: Original) -> Sequence[Received]:
    """Let a channel understand an original, where it cannot do harm if its channel says so; raise MessageUnreadable."""
    if isinstance(connection, ReadsApart):
        return await door.apart.understand(connection.reader, original)
    return understood_here(connection, original)


def understood_here(connection: Connection, original: Original) -> Sequence[Received]:
    """Let a channel understand an original in this process; raise MessageUnreadable."""
    if not isinstance(connection, Understands):
        raise MessageUnreadable("Its channel understands nothing by itself.")
    return understood(connection, original)


def understood(reader: Understands, original: Original) -> Sequence[Received]:
    """Let a channel understand an original; whatever it trips over becomes MessageUnreadable."""
    try:
        return reader.understand(original)
    except MessageUnreadable:
        raise
    except Exception as error:
        raise MessageUnreadable(f"The channel failed on it: {type(error).__name__}.") from error


async def _take_all(door: Door, opened: Opened, messages: Sequence[Received], original: Original) -> Outcome:
    if not messages:
        return await _keep_only(door, opened, original)
    outcome = Outcome.DUPLICATE
    for n, received in enumerate(messages):
        # The original is stored with the last message, so that a crash in between leaves it to be delivered again.
        with_it = original if n == len(messages) - 1 else None
        outcome = (await take_message(door, opened, received, original=with_it)).outcome
    return outcome


async def _keep_only(door: Door, opened: Opened, original: Original) -> Outcome:
    async with door.units() as unit:
        is_new = await unit.originals.add(opened.inbox.id, original, state="understood")
    return Outcome.STORED if is_new else Outcome.DUPLICATE


async def _to_quarantine(door: Door, opened: Opened, original: Original, reason: str) -> None:
    async with door.units() as unit:
        short = reason[:SHORT]
        if await unit.originals.add(opened.inbox.id, original, state="quarantined", reason=short):
            unit.record(quarantine_event(opened.inbox.id, None, "quarantined", short))


def quarantine_event(inbox_id: InboxId, original_id: OriginalId | None, state: str, reason: str | None) -> NewEvent:
    """Return the fact that something went into quarantine, or left it."""
    subject = original_id or inbox_id
    data = {"inbox_id": str(inbox_id), "state": state, "reason": reason}
    return NewEvent(EventType.QUARANTINE_CHANGED, subject, data, inbox_id=inbox_id)


async def _once(door: Door, arrival: Arrival) -> Taken:
    async with door.units(*locks_for(arrival.inbox, arrival.received)) as unit:
        return await receive(unit, arrival, now=door.clock())


def as_attachment(file: File, *, sha256: str, size: int, mime: str) -> Attachment:
    """Describe a kept file."""
    return Attachment(
        id=AttachmentId(new_id()),
        name=file.name,
        mime=mime,
        size=size,
        sha256=sha256,
        content_id=file.content_id,
        inline=file.inline,
    )
