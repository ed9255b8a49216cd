"""What the database reports becomes an error that a caller can act on."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select, text

from inbox.domain.campaign import Team
from inbox.domain.ids import TeamId, new_id
from inbox.errors import Conflict, InboxError, Invalid, Unavailable
from inbox.store.tables import teams
from inbox.store.unit_of_work import Units


async def test_a_name_that_is_taken_is_a_conflict(units: Units) -> None:
    async with units() as unit:
        await unit.campaigns.put_team(Team(TeamId(new_id()), "Licht"))

    with pytest.raises(Conflict):
        async with units() as unit:
            await unit.campaigns.put_team(Team(TeamId(new_id()), "Licht"))


async def test_what_cannot_be_stored_is_the_callers_slip(units: Units) -> None:
    with pytest.raises(Invalid):
        async with units() as unit:
            await unit.campaigns.put_team(Team(TeamId(new_id()), "Li\x00cht"))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("select 1/0", Invalid),
        ("select pg_terminate_backend(pg_backend_pid())", Unavailable),
        ("do $$ begin raise exception using errcode = '40P01'; end $$", Unavailable),
        ("do $$ begin raise exception using errcode = '53100'; end $$", Unavailable),
        ("do $$ begin raise exception using errcode = '57014'; end $$", Unavailable),
        ("do $$ begin raise exception using errcode = '55000'; end $$", Unavailable),
        ("do $$ begin raise exception using errcode = '28P01'; end $$", Unavailable),
        ("do $$ begin raise exception using errcode = '3D000'; end $$", Unavailable),
    ],
)
@pytest.mark.parametrize("by_driver", [True, False])
async def test_what_the_database_reports_is_told_in_our_words(
    units: Units, statement: str, kind: type[InboxError], by_driver: bool
) -> None:
    with pytest.raises(kind):
        async with units.session() as session:
            await (session.driver.execute(statement) if by_driver else session.run(text(statement)))


async def test_after_a_lost_connection_the_next_unit_works(units: Units) -> None:
    with pytest.raises(Unavailable):
        async with units.session() as session:
            await session.driver.execute("select pg_terminate_backend(pg_backend_pid())")

    async with units.session() as session:
        assert await session.rows(select(teams)) == []


async def test_connections_that_died_in_the_pool_are_not_handed_out(units: Units) -> None:
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
    async with units.session(), units.session(), units.session():
        pass  # three wait in the pool
    async with units.session() as session:
        await session.driver.execute(f"{kill} and pid <> pg_backend_pid()")
    await asyncio.sleep(0.1)

    async with units.session() as one, units.session() as two, units.session() as three:
        assert [await session.rows(select(teams)) for session in (one, two, three)] == [[], [], []]


async def test_whoever_waits_for_a_connection_gets_the_next_that_is_free(units: Units) -> None:
    async def borrow() -> None:
        async with units.session():
            pass

    async with AsyncExitStack() as all_but_one:
        for _ in range(7):
            await all_but_one.enter_async_context(units.session())
        async with asyncio.TaskGroup() as group, asyncio.timeout(2):
            async with units.session():
                waiting = group.create_task(borrow())
                await asyncio.sleep(0.05)
            await waiting
