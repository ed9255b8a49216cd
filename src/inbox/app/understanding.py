"""What was fetched becomes messages: understood and stored in groups, so that a commit serves many of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from inbox.app.acknowledge import acknowledge
from inbox.app.arrival import Arrival
from inbox.app.intake import SHORT, Door, arrived, quarantine_event, take_message, understood_here
from inbox.app.opened import Opened
from inbox.app.ports import Stored
from inbox.app.receive import Taken, locks_for, receive
from inbox.channel.contract import Answer, ReadsApart
from inbox.channel.model import Received
from inbox.errors import InboxError, MessageUnreadable, Unavailable

# A group holds back every reader of the stream until it commits, so it stays a matter of some hundredths of a second.
TOGETHER = 20
AT_ONCE = 100  # are looked up


@dataclass(frozen=True, slots=True)
class _Read:
    """A kept original, and what stands in it."""

    stored: Stored
    opened: Opened
    messages: Sequence[Received]


async def understand_pending(door: Door, *, limit: int = AT_ONCE) -> int:
    """Understand what was fetched; what cannot be goes to quarantine. Returns how many were looked at."""
    async with door.units.reading() as unit:
        waiting = await unit.originals.pending(limit=limit)
    groups = [waiting[start : start + TOGETHER] for start in range(0, len(waiting), TOGETHER)]
    read = await _read_all(door, groups[0]) if groups else []
    for following in [*groups[1:], []]:
        # The next group is read apart while the database is busy with this one.
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(_read_all(door, following))
            tasks.create_task(_take(door, read))
        read = reading.result()
    return len(waiting)


async def _take(door: Door, read: Sequence[_Read]) -> None:
    try:
        await _take_together(door, read)
    except Unavailable:
        raise
    except InboxError:
        # Somebody was quicker with one of the tickets, or one of the mails cannot be stored: the others shall be.
        for each in read:
            await _take_alone(door, each)


async def understand_one(door: Door, stored: Stored) -> str:
    """Understand one kept original; return its new state. Whatever is wrong with it must not hold up the next one."""
    read = await _read_all(door, [stored])
    return await _take_alone(door, read[0]) if read else "quarantined"


async def _read_all(door: Door, waiting: Sequence[Stored]) -> list[_Read]:
    """Return what could be read; what could not is in quarantine by then."""
    opened = [(stored, found) for stored in waiting if (found := await _opened(door, stored))]
    answers = await _answers(door, opened)
    read = []
    for (stored, inbox), answer in zip(opened, answers, strict=True):
        if isinstance(answer, MessageUnreadable):
            await _mark(door, stored, "quarantined", str(answer)[:SHORT])
        else:
            read.append(_Read(stored, inbox, answer))
    return read


async def _opened(door: Door, stored: Stored) -> Opened | None:
    try:
        return await door.inboxes.get(stored.inbox_id)
    except Unavailable:
        raise  # it is not to blame
    except InboxError as error:
        await _mark(door, stored, "quarantined", str(error)[:SHORT])
        return None


async def _answers(door: Door, asked: Sequence[tuple[Stored, Opened]]) -> list[Answer]:
    """Let the channels understand originals: together where that happens apart, which saves waiting for each."""
    apart = [
        (opened.connection.reader, stored.original)
        for stored, opened in asked
        if isinstance(opened.connection, ReadsApart)
    ]
    answers = iter(await door.apart.understand_all(apart) if apart else ())
    return [
        next(answers) if isinstance(opened.connection, ReadsApart) else _here(opened, stored)
        for stored, opened in asked
    ]


def _here(opened: Opened, stored: Stored) -> Answer:
    try:
        return understood_here(opened.connection, stored.original)
    except MessageUnreadable as error:
        return error


async def _take_together(door: Door, read: Sequence[_Read]) -> None:
    """Store all of them and what became of their originals in one transaction, or nothing."""
    if not read:
        return
    arrivals = [(each, [await _arrival(door, each, received) for received in each.messages]) for each in read]
    locks = [lock for _, found in arrivals for arrival in found for lock in locks_for(arrival.inbox, arrival.received)]
    taken: list[tuple[Opened, Received, Taken]] = []
    async with door.turns.of(*locks), door.units(*locks) as unit:
        # Another process may have understood some of them meanwhile.
        mine = await unit.originals.hold([each.stored.id for each in read], state="pending")
        for each, found in arrivals:
            if each.stored.id in mine:
                taken += [(each.opened, one.received, await receive(unit, one, now=door.clock())) for one in found]
        await unit.originals.mark_all(list(mine), "understood")
    for opened, received, one in taken:
        await acknowledge(door.units, opened, received, one, now=door.clock())


async def _arrival(door: Door, read: _Read, received: Received) -> Arrival:
    return await arrived(door, read.opened, received, original_id=read.stored.id)


async def _take_alone(door: Door, read: _Read) -> str:
    try:
        for received in read.messages:
            await take_message(door, read.opened, received, original_id=read.stored.id)
    except Unavailable:
        raise  # it is not to blame
    except InboxError as error:
        return await _mark(door, read.stored, "quarantined", str(error)[:SHORT])
    return await _mark(door, read.stored, "understood", None)


async def _mark(door: Door, stored: Stored, state: str, reason: str | None) -> str:
    async with door.units() as unit:
        await unit.originals.mark(stored.id, state, reason=reason)
        if "quarantined" in {state, stored.state}:
            unit.record(quarantine_event(stored.inbox_id, stored.id, state, reason))
    return state
