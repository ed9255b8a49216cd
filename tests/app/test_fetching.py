"""How an inbox fetches is seen in the desk: what it brings, that its server is there, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from inbox.app.intake import Door
from inbox.channel.model import Batch, Original
from inbox.domain.inbox import Inbox
from inbox.errors import ConfigRejected, Unavailable
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock
from inbox.worker.intake import Fetching
from inbox.worker.wake import Wake
from tests.app.conftest import CAPABILITIES, NOW
from tests.app.far_end import FarEnd, OneInbox
from tests.app.test_intake import NoFiles

MAIL = Original("k", b"x", "text/plain", NOW)


@dataclass(slots=True)
class Pulled(FarEnd):
    """Brings what it is given; an exception ends the connection."""

    coming: asyncio.Queue[Batch | Exception] = field(default_factory=asyncio.Queue)
    connections: int = 0

    def understand(self, original: Original) -> list[Any]:
        return []

    async def receive(self, cursor: Mapping[str, Any] | None) -> AsyncIterator[Batch]:
        self.connections += 1
        while True:
            given = await self.coming.get()
            if isinstance(given, Exception):
                raise given
            yield given


class Unchanged(OneInbox):
    """An inbox whose settings stay."""

    async def refresh(self, inbox_id: object, version: int) -> None:
        return None


@dataclass(slots=True)
class Watched:
    """An inbox that is fetched while a test looks."""

    units: Units
    inbox: Inbox
    far_end: Pulled
    clock: FixedClock
    naps: list[float]

    async def now(self) -> Inbox:
        async with self.units.reading() as unit:
            return await unit.inboxes.find(self.inbox.id)

    async def until(self, holds: Callable[[Inbox], bool]) -> Inbox:
        async with asyncio.timeout(10):
            while not holds(found := await self.now()):  # noqa: ASYNC110 - what is waited for is in the database
                await asyncio.sleep(0.02)
        return found


@pytest.fixture
async def watched(units: Units, inboxes: dict[str, Inbox]) -> AsyncIterator[Watched]:
    async with units() as unit:
        for kind in set(inboxes) - {"email"}:
            await unit.inboxes.remove(inboxes[kind].id)
    far_end, clock = Pulled(CAPABILITIES["email"]), FixedClock(NOW)
    door = Door(units, Unchanged(inboxes["email"], far_end), NoFiles(), clock)
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(Fetching(door, Wake(), Wake(), sleep=nap, renew=0.02).run())
        yield Watched(units, inboxes["email"], far_end, clock, naps)
        running.cancel()


async def test_what_is_heard_and_what_is_brought_are_two_things(watched: Watched) -> None:
    watched.far_end.coming.put_nowait(Batch((), {"n": 0}))
    heard = await watched.until(lambda inbox: inbox.health == "ok")
    assert (heard.heard_at, heard.received_at) == (NOW, None)

    watched.clock.advance(timedelta(seconds=9))
    watched.far_end.coming.put_nowait(Batch((MAIL,), {"n": 1}))
    brought = await watched.until(lambda inbox: inbox.received_at is not None)
    assert brought.heard_at == brought.received_at == NOW + timedelta(seconds=9)
    async with watched.units.reading() as unit:
        backlog = await unit.originals.backlog()
    assert backlog[watched.inbox.id].count == 1


async def test_a_good_connection_that_ends_is_no_outage(watched: Watched) -> None:
    watched.far_end.coming.put_nowait(Batch((), {"n": 0}))
    await watched.until(lambda inbox: inbox.health == "ok")
    watched.clock.advance(timedelta(hours=1))  # as long as Gmail lets an access token live
    watched.far_end.coming.put_nowait(Unavailable("Session expired"))
    watched.far_end.coming.put_nowait(Batch((), {"n": 1}))
    again = await watched.until(lambda inbox: inbox.heard_at == NOW + timedelta(hours=1))

    assert (again.health, again.failure) == ("ok", None)
    assert watched.far_end.connections == 2


async def test_a_server_that_does_not_come_back_is_an_outage_until_it_does(watched: Watched) -> None:
    watched.far_end.coming.put_nowait(Unavailable("gone"))
    down = await watched.until(lambda inbox: inbox.outage is not None)
    assert down.outage is not None
    assert (down.outage.since, down.outage.receiving, down.outage.sending) == (NOW, "gone", None)

    watched.far_end.coming.put_nowait(Batch((), {"n": 0}))
    well = await watched.until(lambda inbox: inbox.health == "ok")
    assert (well.outage, well.failure) == (None, "gone")


async def test_wrong_credentials_are_not_tried_again_by_themselves(
    watched: Watched,
) -> None:
    for _ in range(3):
        watched.far_end.coming.put_nowait(ConfigRejected("wrong password"))
    await watched.until(lambda _: watched.far_end.connections == 4)

    assert watched.naps == [900, 900, 900]
