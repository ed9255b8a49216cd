"""The dry run over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.conftest import House
from tests.api.world import World, build

_PERIOD = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-30T00:00:00Z"}


async def rehearsed(world: World, **asked: Any) -> Any:
    return await world.admin.post("/api/v1/routing/rehearsal", json={"document": {}, **_PERIOD, **asked})


async def test_a_period_without_anything_has_no_channels(house: House) -> None:
    world = await build(house)

    shown = (await rehearsed(world)).json()

    assert (shown["arrivals"], shown["differing"], shown["channels"], shown["cut"]) == (0, 0, [], False)


async def test_what_came_in_is_shown_side_by_side_with_what_was_assumed(house: House) -> None:
    world = await build(house)
    now = house.clock()
    async with house.units.session() as session:
        await session.driver.execute("update messages set at = $1", now - timedelta(hours=1))

    period = {"since": (now - timedelta(hours=2)).isoformat(), "until": (now + timedelta(days=9)).isoformat()}
    shown = (await rehearsed(world, **period)).json()

    assert shown["arrivals"] == sum(channel["was"]["arrivals"] for channel in shown["channels"]) > 0
    assert all(channel["now"] == channel["changed"] for channel in shown["channels"])
    assert all(took["samples"] == 0 and took["seconds"] > 0 for took in shown["handling"])
    assert shown["until"] < (now + timedelta(days=1)).isoformat(), "what is to come cannot be rehearsed"


async def test_a_period_must_not_be_too_long(house: House) -> None:
    world = await build(house)

    assert (await rehearsed(world, since="2026-01-01T00:00:00Z")).status_code == 422


async def test_a_period_must_begin_before_it_ends(house: House) -> None:
    world = await build(house)

    assert (await rehearsed(world, until=_PERIOD["since"])).status_code == 422


async def test_a_rehearsal_changes_nothing(house: House) -> None:
    world = await build(house)
    before = await world.digest()

    assert (await rehearsed(world)).status_code == 200
    assert await world.digest() == before
