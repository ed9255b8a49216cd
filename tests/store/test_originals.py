"""What arrived is kept once, in its order, and is handed out in pieces that fit into memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inbox.app.ports import Stored
from inbox.channel.model import Original
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW


def original(n: int, body: bytes = b"") -> Original:
    return Original(f"k-{n}", body or b"mail %d" % n, "text/plain", NOW, {"n": str(n)})


async def keep(units: Units, inbox: Inbox, *found: Original) -> int:
    async with units() as unit:
        return await unit.originals.add_all(inbox.id, found, state="pending")


async def waiting(units: Units) -> list[Stored]:
    async with units.reading() as unit:
        return await unit.originals.pending(limit=20)


async def test_a_batch_is_kept_whole_and_in_its_order(units: Units, inbox: Inbox) -> None:
    batch = [original(n) for n in range(5)]
    assert await keep(units, inbox, *batch) == 5
    assert [stored.original for stored in await waiting(units)] == batch


async def test_what_is_here_by_its_key_or_its_content_is_not_kept_again(units: Units, inbox: Inbox) -> None:
    first = original(1)
    await keep(units, inbox, first)
    moved, twin = replace(first, key="elsewhere"), original(2)
    assert await keep(units, inbox, first, moved, twin, replace(twin, key="k-3"), original(4)) == 2
    assert [stored.original.key for stored in await waiting(units)] == ["k-1", "k-2", "k-4"]


async def test_equal_mails_of_different_moments_are_two(units: Units, inbox: Inbox) -> None:
    first = original(1)
    assert await keep(units, inbox, first, replace(first, key="k-2", at=NOW + timedelta(seconds=1))) == 2


async def test_no_more_is_handed_out_than_fits_into_memory_but_always_one(units: Units, inbox: Inbox) -> None:
    large = [original(n, bytes([n]) * 5_000_000) for n in range(1, 4)]
    await keep(units, inbox, *large)
    assert [stored.original.key for stored in await waiting(units)] == ["k-1"]


async def test_who_holds_originals_learns_which_are_still_to_be_understood(units: Units, inbox: Inbox) -> None:
    await keep(units, inbox, original(1), original(2))
    ids = [stored.id for stored in await waiting(units)]
    async with units() as unit:
        await unit.originals.mark(ids[0], "quarantined", reason="It is no mail.")
    async with units() as unit:
        held = await unit.originals.hold(ids, state="pending")
        await unit.originals.mark_all(list(held), "understood")

    assert held == {ids[1]}
    assert await waiting(units) == []
    async with units.reading() as unit:
        assert (await unit.originals.find(ids[1], EVERYTHING)).state == "understood"
