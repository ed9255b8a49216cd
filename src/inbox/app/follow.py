"""Follows the event stream: one reader a process reads once for all its screens.

A wake-up only says that there may be something; a lost one costs at most `_SAFETY`, never an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from inbox.app.ports import Unit, Units
from inbox.app.views import moment
from inbox.domain.events import Event, Position
from inbox.domain.manager import Access
from inbox.errors import Unavailable

_SAFETY = 1.0  # seconds between two looks without a wake-up
_HELD_BACK = 0.002  # seconds until another look at what waits behind a running transaction; doubled while it goes on
_HELD_BACK_LONG = 0.05
_SLICE = 500
MAX_BEHIND = 5_000  # events; whoever missed more fetches everything anew


@dataclass(frozen=True, slots=True)
class Commit:
    """The events of one transaction, encoded once for all who may see them."""

    position: Position
    events: tuple[Event, ...]
    types: frozenset[str]  # of its events
    frame: str  # of all events

    def frame_for(self, access: Access) -> str | None:
        """Return the frame of the events that may be seen; None if there are none."""
        seen = [event for event in self.events if visible(event, access)]
        if len(seen) == len(self.events):
            return self.frame
        return frame_of(seen) if seen else None


Subscriber = Callable[[Commit], None]


def visible(event: Event, access: Access) -> bool:
    """Tell whether an event may be seen: by the same rule as the ticket that it is about."""
    if event.inbox_id is None:
        return access.sees_campaign(event.campaign_id)
    return access.sees(event.inbox_id, event.campaign_id)


def event_json(event: Event) -> str:
    """Encode an event; its data is the text that was stored."""
    return (
        f'{{"position":"{event.position}","type":"{event.type}","at":"{moment(event.at)}",'
        f'"subject":"{event.subject}","data":{event.json}}}'
    )


def frame_of(events: Sequence[Event]) -> str:
    """Encode the frame that a screen gets for one commit."""
    return '{"type":"events","items":[' + ",".join(event_json(event) for event in events) + "]}"


def commits_of(events: Sequence[Event]) -> list[Commit]:
    """Group events by their transaction."""
    groups = [tuple(group) for _, group in groupby(events, key=lambda e: (e.position.epoch, e.position.transaction))]
    return [
        Commit(group[-1].position, group, frozenset(event.type for event in group), frame_of(group)) for group in groups
    ]


class Follower:
    """Reads the stream behind its tip and hands every commit to all subscribers."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._awake = asyncio.Event()
        self._subscribers: set[Subscriber] = set()
        self.position = Position(0, 0, 0)
        self.epoch = 0

    def wake(self) -> None:
        """Say that there may be something new."""
        self._awake.set()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hand every later commit to `subscriber`, which must not wait; returns how to end it."""
        self._subscribers.add(subscriber)
        return lambda: self._subscribers.discard(subscriber)

    async def start(self) -> None:
        """Stand at the tip of the stream."""
        async with self._units.reading() as unit:
            self.epoch = unit.epoch
            self.position = await unit.stream.tip(epoch=unit.epoch)

    async def run(self) -> None:
        """Follow for ever; while the database does not answer, try again."""
        held_back = _HELD_BACK
        while True:
            self._awake.clear()
            try:
                is_held_back = await self._catch_up()
            except (Unavailable, OSError, TimeoutError):
                is_held_back = False
            if is_held_back:
                await asyncio.sleep(held_back)
                held_back = min(held_back * 2, _HELD_BACK_LONG)
                continue
            held_back = _HELD_BACK
            await self._sleep(_SAFETY)

    async def _sleep(self, pause: float) -> None:
        try:
            async with asyncio.timeout(pause):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _catch_up(self) -> bool:
        """Read all that is settled; tell whether more waits behind a running transaction."""
        while True:
            async with self._units.reading() as unit:
                found = await unit.stream.read(self.position, epoch=self.epoch, limit=_SLICE)
            for commit in commits_of(found.events):
                self.position = commit.position
                self._tell(commit)
            if found.held_back or not found.more:
                return found.held_back

    def _tell(self, commit: Commit) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber(commit)


@dataclass(frozen=True, slots=True)
class Missed:
    """What a reader has not seen yet; `resync` means that it has to fetch everything anew."""

    events: tuple[Event, ...]
    position: Position
    resync: bool = False


async def missed_since(units: Units, since: Position, access: Access, *, limit: int = MAX_BEHIND) -> Missed:
    """Return the settled events after a position that the caller may see, oldest first, at most `limit` looked at."""
    async with units.reading() as unit:
        tip = await unit.stream.tip(epoch=unit.epoch)
        if since.epoch and not await _is_resumable(unit, since, tip):
            return Missed((), tip, resync=True)
        found = await unit.stream.read(since, epoch=unit.epoch, limit=limit)
    if found.more and limit >= MAX_BEHIND:
        return Missed((), tip, resync=True)
    position = found.events[-1].position if found.events else since
    return Missed(tuple(e for e in found.events if visible(e, access)), position)


async def _is_resumable(unit: Unit, since: Position, tip: Position) -> bool:
    """Tell whether nothing after a position was forgotten; one beyond the tip is of a database that went back."""
    return since == tip or (since.epoch == unit.epoch and await unit.stream.oldest() <= since < tip)
