"""A message can be had as it arrived, or as it left, and is inert on the way."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import httpx2 as httpx
import pytest

from inbox.channel.model import Original
from inbox.domain.ids import MessageId, OriginalId, TicketId
from inbox.domain.message import Message
from tests.api.conftest import House
from tests.api.world import World, build

SOURCE = b"From: a@b\r\nSubject: <script>\r\n\r\n\xff\x00raw"


async def message(world: World, name: str) -> Message:
    async with world.house.units.reading() as unit:
        return await unit.messages.find(TicketId(UUID(world.ids["ticket_id"])), MessageId(UUID(world.ids[name])))


async def raw(world: World, name: str) -> httpx.Response:
    return await world.admin.get(f"/api/v1/tickets/{world.ids['ticket_id']}/messages/{world.ids[name]}/raw")


async def listed(world: World) -> list[bool]:
    answer = await world.admin.get(f"/api/v1/tickets/{world.ids['ticket_id']}/messages")
    return [each["raw"] for each in answer.json()["items"]]


@pytest.mark.parametrize(("content_type", "ending"), [("message/rfc822", "eml"), ("application/json", "bin")])
async def test_what_came_is_had_as_it_came(house: House, content_type: str, ending: str) -> None:
    world = await build(house)
    said = await message(world, "said")
    async with house.units() as unit:
        await unit.originals.add(said.inbox_id, Original("k", SOURCE, content_type, house.clock()), state="understood")
    async with house.units.session() as session:
        original_id = await session.driver.fetchval("select id from originals where key = 'k'")
    async with house.units() as unit:
        await unit.messages.save(replace(said, original_id=OriginalId(UUID(bytes=original_id.bytes))))
    answer = await raw(world, "said")

    assert answer.content == SOURCE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-disposition"].endswith(f'.{ending}"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await listed(world) == [True, False]


async def test_what_left_is_had_as_it_left(house: House) -> None:
    world = await build(house)
    sent = await message(world, "message_id")
    async with house.units() as unit:
        await unit.outbox.add(sent.id, sent.inbox_id, sent.ticket_id, run_at=house.clock(), frozen=SOURCE)

    assert (await raw(world, "message_id")).content == SOURCE


async def test_what_was_made_from_nothing_or_was_deleted_is_not_had(house: House) -> None:
    world = await build(house)

    assert [(await raw(world, name)).status_code for name in ("said", "message_id")] == [404, 404]
