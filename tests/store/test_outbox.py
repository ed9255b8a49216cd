"""What is to be sent is leased to one worker at a time, in the order of its ticket."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from inbox.app.ports import Leased
from inbox.domain.ids import MessageId
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, Queue, later

MINUTES = timedelta(minutes=2)


async def lease(units: Units, minutes: float = 0, *, limit: int = 50) -> list[Leased]:
    async with units() as unit:
        return await unit.outbox.lease(now=later(minutes), limit=limit, lasts=MINUTES)


async def test_no_row_is_leased_to_two_workers(units: Units, queue: Queue) -> None:
    posts = [await queue() for _ in range(40)]
    taken = await asyncio.gather(*(lease(units, limit=7) for _ in range(8)))

    ids = [row.message_id for rows in taken for row in rows]
    assert sorted(ids) == sorted(post.messages[0].id for post in posts)


async def test_a_worker_that_holds_its_rows_locked_makes_nobody_wait(units: Units, queue: Queue) -> None:
    for _ in range(4):
        await queue()
    async with units() as slow:
        mine = await slow.outbox.lease(now=NOW, limit=2, lasts=MINUTES)
        async with asyncio.timeout(1):
            others = await lease(units)

    assert len(mine) == 2
    assert len(others) == 2
    assert {r.message_id for r in mine}.isdisjoint(r.message_id for r in others)


async def test_a_lease_that_ran_out_is_anybodys(units: Units, queue: Queue) -> None:
    await queue()
    (first,) = await lease(units)

    assert await lease(units, 1) == []
    (second,) = await lease(units, 3)
    assert (second.message_id, second.attempt) == (first.message_id, 2)
    assert second.lease > first.lease


async def test_the_word_of_a_worker_whose_lease_was_lost_counts_for_nothing(units: Units, queue: Queue) -> None:
    await queue()
    (zombie,) = await lease(units)
    (owner,) = await lease(units, 3)

    async with units() as unit:
        assert not await unit.outbox.done(zombie, now=later(3))
        assert not await unit.outbox.later(zombie, run_at=later(9), error="too late")
        assert await unit.outbox.done(owner, now=later(4))


async def test_a_lease_that_is_kept_stays_with_its_worker(units: Units, queue: Queue) -> None:
    await queue()
    (slow,) = await lease(units)
    async with units() as unit:
        assert await unit.outbox.keep(slow, until=later(5))

    assert await lease(units, 3) == []
    (other,) = await lease(units, 6)
    async with units() as unit:
        assert not await unit.outbox.keep(slow, until=later(60))
    assert other.message_id == slow.message_id


async def test_what_the_dead_held_is_anybodys_at_once(units: Units, queue: Queue) -> None:
    await queue()
    (dead,) = await lease(units)
    async with units() as unit:
        await unit.outbox.free()

    (next_one,) = await lease(units)
    assert (next_one.message_id, next_one.attempt) == (dead.message_id, 2)


async def test_the_word_of_an_old_round_counts_for_nothing_in_a_new_one(units: Units, queue: Queue) -> None:
    post = await queue()
    (zombie,) = await lease(units)
    async with units() as unit:
        await unit.outbox.again(post.messages[0].id, run_at=later(1))
        assert not await unit.outbox.done(zombie, now=later(1))


async def test_a_later_message_waits_for_the_earlier_one_of_its_ticket(units: Units, queue: Queue) -> None:
    post = await queue(2)
    (first,) = await lease(units)
    assert first.message_id == post.messages[0].id
    async with units() as unit:
        await unit.outbox.later(first, run_at=later(10), error="busy")
    assert await lease(units, 5) == []

    (again,) = await lease(units, 10)
    async with units() as unit:
        await unit.outbox.done(again, now=later(10))
    (second,) = await lease(units, 10)
    assert second.message_id == post.messages[1].id


async def test_the_order_of_a_ticket_is_that_of_its_readers_even_if_clocks_disagreed(
    units: Units, queue: Queue
) -> None:
    older, newer = MessageId(UUID(int=1 << 100)), MessageId(UUID(int=2 << 100))
    await queue(2, keys=(newer, older))  # the second was given the lower id, by a machine whose clock is behind

    (first,) = await lease(units)
    assert first.message_id == newer


async def test_a_ticket_that_waits_holds_up_no_other(units: Units, queue: Queue) -> None:
    await queue(2)
    (first,) = await lease(units)
    async with units() as unit:
        await unit.outbox.later(first, run_at=later(60), error="busy")
    other = await queue()

    assert [row.message_id for row in await lease(units, 1)] == [other.messages[0].id]


async def test_what_waits_for_an_earlier_message_is_not_due_before_it(units: Units, queue: Queue) -> None:
    await queue(2)
    (first,) = await lease(units)
    async with units() as unit:
        assert await unit.outbox.next_due() == NOW + MINUTES  # when the lease runs out
        await unit.outbox.later(first, run_at=later(60), error="busy")

    async with units.reading() as unit:
        assert await unit.outbox.next_due() == later(60)


async def test_nothing_is_due_when_all_is_sent(units: Units, queue: Queue) -> None:
    await queue()
    (row,) = await lease(units)
    async with units() as unit:
        await unit.outbox.done(row, now=NOW)
        assert await unit.outbox.next_due() is None
