"""A ticket has one holder, and nobody is given more than they can hold, whatever happens at once."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

import pytest

from inbox.app import assign
from inbox.app.assign import assign_waiting
from inbox.app.queries import TicketQuery, View
from inbox.app.reply import Desk, Draft, note
from inbox.blobs import BlobStore
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.ticket import Ticket
from inbox.errors import AlreadyClaimed
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, add_manager, new_ticket

_MANY = """
insert into tickets (id, inbox_id, channel, state, created_at, updated_at)
select gen_random_uuid(), inbox_id, channel, state, now(), now() from tickets, generate_series(1, $1)
"""


async def tickets(units: Units, inbox: Inbox, n: int) -> list[Ticket]:
    async with units() as unit:
        return [await new_ticket(unit, inbox) for _ in range(n)]


async def holders(units: Units) -> Counter[object]:
    async with units.reading() as unit:
        page = await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL, limit=100))
    return Counter(ticket.assignee_id for ticket in page.items)


async def test_of_many_who_claim_at_once_one_wins_and_the_others_learn_who(units: Units, inbox: Inbox) -> None:
    (ticket,) = await tickets(units, inbox, 1)
    async with units() as unit:
        people = [await add_manager(unit, f"m{n}") for n in range(12)]

    async def claim(me: Manager) -> str:
        try:
            async with units() as unit:
                return str((await assign.claim(unit, ticket.id, me.id, EVERYTHING, now=NOW)).assignee_id)
        except AlreadyClaimed as error:
            return f"held by {dict(error.assignee)['id']}"  # type: ignore[call-overload]  # it is a mapping

    outcome = await asyncio.gather(*(claim(me) for me in people))

    (winner,) = [who for who in outcome if not who.startswith("held")]
    assert outcome.count(f"held by {winner}") == 11
    assert {str(holder) for holder in await holders(units)} == {winner}


@pytest.mark.timeout(300)  # half a minute of two idle cores; others may want them too
async def test_ten_thousand_claims_by_eight_processes_have_one_winner_each(
    dsn: str, units: Units, inbox: Inbox
) -> None:
    """Each of 1,250 tickets is claimed by eight processes at once."""
    await tickets(units, inbox, 1)
    async with units.session() as session:
        await session.driver.execute(_MANY, 1249)
    async with units() as unit:
        people = [await add_manager(unit, f"m{n}") for n in range(8)]
    start = str(time.time() + 3)
    claiming = [sys.executable, "-m", "tests.store.claims", dsn]
    started = [
        await asyncio.create_subprocess_exec(*claiming, str(me.id), start, stdout=asyncio.subprocess.PIPE)
        for me in people
    ]
    won = [int((await process.communicate())[0]) for process in started]

    async with units.session() as session:
        held = await session.driver.fetch("select assignee_id, count(*) from tickets group by 1")
        lines = await session.driver.fetchval("select count(*) from assignments where how = 'claimed'")
        events = await session.driver.fetchval("select count(*) from events where type = 'ticket.assigned'")
    assert sum(won) == lines == events == 1250
    assert {row[0]: row[1] for row in held} == {me.id: n for me, n in zip(people, won, strict=True) if n}


async def test_a_pass_says_that_more_may_wait_behind_what_it_looked_at(units: Units, inbox: Inbox) -> None:
    await tickets(units, inbox, 45)
    async with units() as unit:
        for n in range(5):
            await add_manager(unit, f"m{n}", capacity=100)

    passes = [await assign_waiting(units, now=NOW) for _ in range(3)]

    assert [(one.given, one.is_whole) for one in passes] == [(20, False), (20, False), (5, True)]


async def test_nobody_is_given_more_than_they_can_hold_by_many_workers_at_once(units: Units, inbox: Inbox) -> None:
    await tickets(units, inbox, 30)
    async with units() as unit:
        people = [await add_manager(unit, f"m{n}", capacity=10 * n + 10) for n in range(5)]
    for _ in range(4):
        await asyncio.gather(*(assign_waiting(units, now=NOW) for _ in range(5)))

    held = await holders(units)
    assert {held[me.id]: me.capacity // 10 for me in people} == {n: n for n in range(1, 6)}
    assert held[None] == 15


async def test_who_is_offline_or_away_is_given_nothing(units: Units, inbox: Inbox) -> None:
    await tickets(units, inbox, 3)

    assert (await assign_waiting(units, now=NOW)).given == 0


async def test_a_reply_and_an_assignment_of_the_same_ticket_do_not_wait_for_each_other_for_ever(
    units: Units, inbox: Inbox, tmp_path: object
) -> None:
    waiting = await tickets(units, inbox, 10)
    async with units() as unit:
        aylin = await add_manager(unit, "aylin", capacity=200)
    desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))  # type: ignore[arg-type]  # a folder

    async def write(ticket: Ticket) -> None:
        async with units() as unit:
            await note(unit, desk, ticket.id, Draft("Wer kennt sie?", last_seen=0), now=NOW)

    async with asyncio.timeout(5):
        await asyncio.gather(assign_waiting(units, now=NOW), *(write(ticket) for ticket in waiting))
    async with units.reading() as unit:
        noted = [len(await unit.messages.since(ticket.id, 0)) for ticket in waiting]

    assert noted == [1] * 10


@pytest.mark.parametrize("capacity", [10, 20])
async def test_a_claim_is_ones_own_decision_whatever_the_capacity(units: Units, inbox: Inbox, capacity: int) -> None:
    async with units() as unit:
        me = await add_manager(unit, "aylin", capacity=capacity)
    for ticket in await tickets(units, inbox, 3):
        async with units() as unit:
            await assign.claim(unit, ticket.id, me.id, EVERYTHING, now=NOW)

    assert (await holders(units))[me.id] == 3
