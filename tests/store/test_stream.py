"""Readers of the stream get what was committed, in one order, whatever writers and connections do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.app.follow import Commit, Follower, missed_since
from inbox.domain.events import Position
from inbox.domain.manager import EVERYTHING
from inbox.errors import Unavailable
from inbox.store.database import engine_for
from inbox.store.unit_of_work import Unit, Units, utc_now
from inbox.store.wakeups import Wakeups
from tests.store.conftest import noted

START = Position(0, 0, 0)


class Reader:
    """Somebody who follows the stream and writes down what they hear."""

    def __init__(self) -> None:
        self.heard: list[Position] = []
        self._news = asyncio.Event()

    def hear(self, commit: Commit) -> None:
        self.heard += [event.position for event in commit.events]
        self._news.set()

    async def has_heard(self, n: int, *, within: float = 10.0) -> None:
        async with asyncio.timeout(within):
            while len(self.heard) < n:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def following(units: Units) -> AsyncIterator[tuple[Reader, Follower]]:
    follower, reader = Follower(units), Reader()
    await follower.start()
    follower.subscribe(reader.hear)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(follower.run())
        yield reader, follower
        task.cancel()


async def in_table(dsn: str) -> list[Position]:
    """What the table holds, in (epoch, transaction, row) order."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select epoch, transaction, row from events order by epoch, transaction, row")
    finally:
        await connection.close()
    return [Position(*row) for row in rows]


async def write_late(units: Units, delay: float, events: int = 1) -> None:
    """Write events at once, and commit them after a while."""
    async with units() as unit:
        for _ in range(events):
            unit.record(noted())
        await unit.flush()
        await asyncio.sleep(delay)


async def test_no_reader_skips_a_writer_who_commits_late(dsn: str, units: Units) -> None:
    dice = random.Random(7)  # the same delays in every run
    async with following(units) as (reader, follower):

        async def writer() -> None:
            for _ in range(12):
                await write_late(units, dice.choice([0, 0, 0.001, 0.01, 0.05]), dice.randint(1, 3))
                follower.wake()

        async with asyncio.TaskGroup() as group:
            for _ in range(7):  # one connection is left for the reader
                group.create_task(writer())
        written = await in_table(dsn)
        await reader.has_heard(len(written))

    assert reader.heard == written
    assert len(written) >= 7 * 12


async def test_a_reader_by_a_bare_sequence_would_skip(dsn: str, units: Units) -> None:
    connection = await asyncpg.connect(dsn)
    async with units() as slow:
        slow.record(noted("slow"))
        await slow.flush()
        await write_late(units, 0)
        seen = await connection.fetch("select row from events order by row")
    later = await connection.fetch("select row from events where row > $1", seen[-1]["row"])
    await connection.close()

    assert len(seen) + len(later) == 1  # the sequence gave the slow writer the lower number
    async with units.reading() as unit:
        ours = await unit.stream.read(START, epoch=units.epoch, limit=10)
    assert len(ours.events) == 2


async def test_what_was_committed_behind_a_running_writer_is_held_back_until_that_one_ends(units: Units) -> None:
    async with units() as slow:
        slow.record(noted("slow"))
        await slow.flush()
        await write_late(units, 0)
        async with units.reading() as unit:
            during = await unit.stream.read(START, epoch=units.epoch, limit=10)
    async with units.reading() as unit:
        after = await unit.stream.read(START, epoch=units.epoch, limit=10)

    assert (during.events, during.held_back) == ((), True)
    assert (len(after.events), after.held_back) == (2, False)


Steps = list[tuple[int, str]]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["write", "write", "commit", "undo"])), max_size=25))
async def test_in_any_interleaving_readers_get_the_committed_events_once_and_in_table_order(
    dsn: str, units: Units, steps: Steps
) -> None:
    async with units.reading() as unit:
        before = await unit.stream.tip(epoch=units.epoch)
    heard: list[Position] = []
    writers: dict[int, tuple[AsyncExitStack, Unit]] = {}

    async def read() -> None:
        async with units.reading() as unit:
            found = await unit.stream.read(heard[-1] if heard else before, epoch=units.epoch, limit=3)
        heard.extend(event.position for event in found.events)

    for number, step in steps:
        await _step(units, writers, number, step)
        await read()
    for number in list(writers):
        await _step(units, writers, number, "commit")
    for _ in steps:
        await read()

    assert heard == [position for position in await in_table(dsn) if position > before]


class Undone(Exception):
    """A writer changed its mind."""


async def _step(units: Units, writers: dict[int, tuple[AsyncExitStack, Unit]], number: int, step: str) -> None:
    if step == "write":
        if number not in writers:
            stack = AsyncExitStack()
            writers[number] = (stack, await stack.enter_async_context(units()))
        writers[number][1].record(noted())
        await writers[number][1].flush()
    elif number in writers:
        stack, _ = writers.pop(number)
        if step == "commit":
            await stack.aclose()
        else:
            with suppress(Undone):
                await stack.__aexit__(Undone, Undone(), None)


async def test_a_writer_that_stops_inside_its_transaction_delays_the_others_by_three_seconds_at_most(
    units: Units,
) -> None:
    async with following(units) as (reader, follower):
        waited = 0.0

        async def stand_still() -> None:
            nonlocal waited
            async with units() as stuck:
                stuck.record(noted("stuck"))
                await stuck.flush()
                started = monotonic()
                await write_late(units, 0)
                follower.wake()
                await reader.has_heard(1, within=6)
                waited = monotonic() - started

        with pytest.raises(Unavailable):
            await stand_still()
        await write_late(units, 0)
        follower.wake()
        await reader.has_heard(2)

    assert 2.0 < waited < 3.6
    assert len(reader.heard) == 2  # what the stuck one wrote is gone with it


@asynccontextmanager
async def another_process(dsn: str, units: Units, hear: Follower) -> AsyncIterator[tuple[Wakeups, Wakeups]]:
    """The wake-ups of a writing and of a reading process."""
    theirs, ours = Wakeups(dsn, lambda: None), Wakeups(dsn, hear.wake)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(theirs.run()), group.create_task(ours.run())]
        yield theirs, ours
        for task in tasks:
            task.cancel()


async def _kill_listeners(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    async with asyncio.timeout(5):
        while not await admin.fetch(  # noqa: ASYNC110 - only the database knows who listens
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'crowd-inbox-wake' and datname = current_database()"
        ):
            await asyncio.sleep(0.02)


async def test_nothing_is_missed_when_the_listener_is_killed_again_and_again(dsn: str, units: Units) -> None:
    admin = await asyncpg.connect(dsn)
    async with following(units) as (reader, follower), another_process(dsn, units, follower) as (theirs, _):
        for n in range(12):
            await write_late(units, 0)
            theirs.commit()
            if n in {2, 9}:  # the second time they have only just come back
                await _kill_listeners(admin)
            await asyncio.sleep(0.02)
        await reader.has_heard(12)
        written = await in_table(dsn)
    await admin.close()

    assert reader.heard == written


async def test_a_wake_up_reaches_another_process_long_before_its_own_next_look(dsn: str, units: Units) -> None:
    async with following(units) as (reader, follower), another_process(dsn, units, follower) as (theirs, _):
        await asyncio.sleep(0.3)  # both listen
        await write_late(units, 0)
        started = monotonic()
        theirs.commit()
        await reader.has_heard(1)

    assert monotonic() - started < 0.5


async def test_nobody_is_told_of_commits_until_somebody_else_listens(dsn: str) -> None:
    told: asyncio.Queue[object] = asyncio.Queue()
    ear = await asyncpg.connect(dsn)
    await ear.add_listener("inbox_events", lambda *told_by: told.put_nowait(told_by[-1]))
    first, second = Wakeups(dsn, lambda: None), Wakeups(dsn, lambda: None)
    async with asyncio.TaskGroup() as group, asyncio.timeout(5):
        tasks = [group.create_task(first.run())]
        me = await told.get()  # that it listens
        first.commit()
        await asyncio.sleep(0.1)
        told_alone = told.qsize()
        tasks.append(group.create_task(second.run()))
        newcomer = await told.get()
        while told.empty():  # the first hears of the newcomer a moment after us
            first.commit()
            await asyncio.sleep(0.05)
        told_by = await told.get()
        for task in tasks:
            task.cancel()
    await ear.close()

    assert told_alone == 0
    assert told_by == me != newcomer


async def test_the_readers_go_on_when_their_own_connections_are_killed(dsn: str, units: Units) -> None:
    admin = await asyncpg.connect(dsn)
    async with following(units) as (reader, follower):
        for _ in range(3):
            await write_late(units, 0)
            await admin.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'crowd-inbox' and datname = current_database()"
            )
            await asyncio.sleep(0.05)
            follower.wake()
        await reader.has_heard(3)
    await admin.close()

    assert len(reader.heard) == 3


async def test_whoever_slept_longer_than_events_are_kept_is_told_to_fetch_everything(units: Units) -> None:
    for _ in range(3):
        await write_late(units, 0)
    async with units.reading() as unit:
        first = (await unit.stream.read(START, epoch=units.epoch, limit=1)).events[0].position
        tip = await unit.stream.tip(epoch=units.epoch)
    async with units() as unit:
        await unit.stream.trim(before=utc_now() + timedelta(hours=1))

    assert (await missed_since(units, first, EVERYTHING)).resync
    assert not (await missed_since(units, tip, EVERYTHING)).resync


async def test_a_position_of_another_cluster_or_of_a_future_that_was_undone_is_not_resumed_from(units: Units) -> None:
    await write_late(units, 0)
    async with units.reading() as unit:
        tip = await unit.stream.tip(epoch=units.epoch)

    assert (await missed_since(units, Position(tip.epoch + 1, 1, 1), EVERYTHING)).resync
    assert (await missed_since(units, Position(tip.epoch, tip.transaction + 1_000, 1), EVERYTHING)).resync


async def test_the_epoch_rises_when_the_database_is_in_another_cluster(dsn: str, units: Units) -> None:
    from inbox.store.stream import current_epoch

    connection = await asyncpg.connect(dsn)
    await connection.execute("update installation set system_identifier = '42'")
    await connection.close()
    async with units.session() as session:
        risen = await current_epoch(session)
        again = await current_epoch(session)

    assert (risen, again) == (units.epoch + 1, units.epoch + 1)


async def test_every_connection_ends_a_transaction_that_stands_still_for_three_seconds(dsn: str) -> None:
    engine = engine_for(dsn, pool=1)
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()

        assert await raw.driver_connection.fetchval("show idle_in_transaction_session_timeout") == "3s"  # type: ignore[union-attr]  # asyncpg ships no types
    await engine.dispose()
