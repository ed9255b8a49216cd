"""What happens by the clock, and the safety passes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from inbox.app.assign import Pass, assign_waiting
from inbox.app.intake import Door
from inbox.app.outages import Crier, notice_unheard, tell_of_outages
from inbox.app.presence import Presence, mark_lost
from inbox.app.probe import probe_due
from inbox.app.timers import Ring, fire_due
from inbox.app.visitor_files import Drops, forget_abandoned
from inbox.domain.clocks import ClockKind
from inbox.domain.events import EventType
from inbox.errors import StaleVersion
from inbox.worker.wake import Wake

ASSIGN_WAKES = (
    EventType.TICKET_CREATED,
    EventType.TICKET_CHANGED,
    EventType.TICKET_RELEASED,
    EventType.MESSAGE_RECEIVED,
    EventType.TICKET_DECLINED,
    EventType.MESSAGE_QUEUED,
    EventType.MESSAGE_EDITED,
    EventType.CALL_CHANGED,
    EventType.MANAGER_CHANGED,
    EventType.TEAM_CHANGED,
    EventType.ROUTING_CHANGED,
    EventType.CLOCK_FIRED,
)
_ARRIVALS = {EventType.TICKET_CREATED, EventType.MESSAGE_RECEIVED}
ROOM_WAKES = tuple(kind for kind in ASSIGN_WAKES if kind not in _ARRIVALS)  # what may give somebody room
_CLOCKS = 5.0  # seconds between two looks when nothing is due before
_ASSIGN = 1.0
_PRESENCE = 15.0
_OUTAGES = 30.0
_SETTLED = timedelta(minutes=2)  # after the start of a process
_HOURLY = 3_600.0
_KEPT = timedelta(days=7)  # of the event stream; older readers fetch everything anew
_BREATH = 0.05  # seconds, in which wake-ups of a burst become one pass
_TICK = 0.25  # finer than any clock that we set
_MOMENT = 0.005
_FULL = 0.1


async def ring_clocks(door: Door, wake: Wake, rings: Mapping[ClockKind, Ring]) -> None:
    """Fire clocks for ever, when they are due."""
    while True:
        async with door.units.reading() as unit:
            until = await unit.clocks.next_due()
        if until is not None and until <= door.clock():
            await fire_due(door.units, now=door.clock(), rings=rings)
            await asyncio.sleep(_BREATH)
        else:
            await wake.sleep(until=until, now=door.clock(), at_most=_CLOCKS)
            await asyncio.sleep(_TICK)


async def assign_passes(door: Door, work: Wake, room: Wake) -> None:
    """Give waiting tickets to whoever may have them, for ever: on every change that matters, and when time opens more.

    What happens during a pass and its pause is looked at in the next one, all at once. While nobody has room, it does
    not matter what else comes.
    """
    timer = asyncio.get_running_loop().time
    while True:
        started = timer()
        done = await _one_pass(door)
        await asyncio.sleep(_pause(done, timer() - started))
        if done.is_whole:
            wake = room if done.is_full else work
            await wake.sleep(until=done.next_at, now=door.clock(), at_most=_ASSIGN)


async def _one_pass(door: Door) -> Pass:
    fallback = door.routing.current.router.book.fallback_languages
    try:
        return await assign_waiting(door.units, fallback=fallback, now=door.clock())
    except StaleVersion:  # somebody changed what it was about to change: it looks again
        return Pass(is_whole=False)


def _pause(done: Pass, took: float) -> float:
    """Return how long to rest: as long as a pass that gave something took, for people wait; longer where none did."""
    if done.given:
        return min(max(took, _MOMENT), _ASSIGN)
    return min(max(took * 4, _FULL if done.is_full else _BREATH / 2), _ASSIGN)


async def watch_presence(door: Door, presence: Presence, wake: Wake) -> None:
    """Note who is there, and count as away who no longer is, for ever."""
    while True:
        async with door.units() as unit:
            here = sorted(presence.here())
            if here:
                await unit.managers.seen(here, now=door.clock())
            await mark_lost(unit, now=door.clock())
        await _note_visitors(door, presence)
        await wake.sleep(until=None, now=door.clock(), at_most=_PRESENCE)


async def _note_visitors(door: Door, presence: Presence) -> None:
    """Note who is chatting; in a unit of its own, for there may be thousands."""
    here = sorted(presence.visitors())
    if here:
        async with door.units() as unit:
            await unit.visitors.seen(here, now=door.clock())


async def watch_inboxes(door: Door, crier: Crier, wake: Wake) -> None:
    """Notice inboxes that nobody fetches, and tell of those that stay down, for ever."""
    started = door.clock()
    while True:
        # Whoever has just begun does not know yet who else is there: after a pause everything is unheard of.
        if door.clock() - started > _SETTLED:
            await notice_unheard(door.units, now=door.clock())
        await tell_of_outages(door.units, crier, now=door.clock())
        await wake.sleep(until=None, now=door.clock(), at_most=_OUTAGES)


async def probe_inboxes(door: Door, wake: Wake) -> None:
    """Let inboxes try out what they may build on, for ever."""
    while True:
        await probe_due(door.units, door.inboxes, door.clock)
        await wake.sleep(until=None, now=door.clock(), at_most=_HOURLY)


async def tidy_files(door: Door, blobs: Drops, wake: Wake) -> None:
    """Remove files that were uploaded and never sent, for ever."""
    while True:
        await forget_abandoned(door.units, blobs, now=door.clock())
        await wake.sleep(until=None, now=door.clock(), at_most=_HOURLY)


async def tidy(door: Door, wake: Wake) -> None:
    """Forget what nobody needs any more, for ever."""
    while True:
        async with door.units() as unit:
            await unit.stream.trim(before=door.clock() - _KEPT)
            await unit.auth.tidy(now=door.clock())
        await wake.sleep(until=None, now=door.clock(), at_most=_HOURLY)
