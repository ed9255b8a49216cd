"""What somebody may not see cannot be named in a body either, nor followed on a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import orjson
import pytest
from starlette.types import Message

from inbox.domain.ids import CampaignId, InboxId
from inbox.domain.manager import Access, Role
from tests.api.conftest import House
from tests.api.matrix import TABLE
from tests.api.world import World, build

CALL = {"direction": "inbound", "at": "2026-03-01T09:00:00Z", "outcome": "reached"}
Body = Callable[[World], dict[str, Any]]


async def kept_to(world: World, *inboxes: str, campaigns: tuple[str, ...] | None = None) -> httpx.AsyncClient:
    """Return a manager who may see some inboxes and campaigns only."""
    access = Access(
        inboxes=frozenset(InboxId(world.id(name)) for name in inboxes),
        campaigns=None if campaigns is None else frozenset(CampaignId(world.id(name)) for name in campaigns),
    )
    return await world.house.browser(await world.house.manager(Role.MANAGER, access=access))


FOREIGN: dict[str, Body] = {
    "contact of another inbox": lambda w: {"to": {"contact_id": w.ids["contact_id"]}},
    "campaign out of reach": lambda w: {"to": {"phone": "+4930111"}, "campaign_id": w.ids["campaign"]},
    "no campaign at all": lambda w: {"to": {"phone": "+4930111"}, "campaign_id": str(uuid4())},
    "inbox of others": lambda w: {"to": {"phone": "+4930111"}, "inbox_id": w.ids["inbox"]},
}


@pytest.mark.parametrize("what", sorted(FOREIGN))
async def test_a_ticket_is_not_begun_with_what_its_writer_may_not_see(house: House, what: str) -> None:
    world = await build(house)
    http = await kept_to(world, "phone", campaigns=("other_campaign",))
    before = await world.digest()

    answer = await http.post(
        "/api/v1/tickets", json={"inbox_id": world.ids["phone"], "text": "x", "call": CALL, **FOREIGN[what](world)}
    )

    assert answer.status_code in {404, 422}
    assert await world.digest() == before


@pytest.mark.parametrize("field", ["attachments", "parent_id"])
async def test_a_message_takes_no_file_and_no_comment_of_others(house: House, field: str) -> None:
    world = await build(house)
    http = await kept_to(world, "inbox")
    value = [world.ids["upload"]] if field == "attachments" else str(uuid4())
    path = world.path("/api/v1/tickets/{ticket_id}/messages")
    before = await world.digest()

    answer = await http.post(path, json={"kind": "reply", "text": "x", "last_seen": 2, field: value})

    assert answer.status_code in {404, 422}
    assert await world.digest() == before


async def test_a_ticket_is_not_moved_into_a_campaign_out_of_reach(house: House) -> None:
    world = await build(house)
    http = await kept_to(world, "inbox", campaigns=("campaign",))
    path = world.path("/api/v1/tickets/{ticket_id}")

    answers = [
        await http.patch(path, json={"version": 1, "campaign_id": campaign})
        for campaign in (world.ids["other_campaign"], str(uuid4()))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_a_ticket_is_not_given_to_who_may_not_see_it(house: House) -> None:
    world = await build(house)
    http = await kept_to(world, "inbox")

    answers = [
        await http.post(world.path("/api/v1/tickets/{ticket_id}/assign"), json={"manager_id": to})
        for to in (str((await house.manager(Role.MANAGER, access=Access())).id), str(uuid4()))
    ]

    assert [answer.status_code for answer in answers] == [403, 404]


async def test_a_file_that_waits_belongs_to_who_uploaded_it(house: House) -> None:
    world = await build(house)
    path = f"/api/v1/attachments/{world.ids['upload']}"
    program, _ = await house.program("tickets:read")

    others = [await (await kept_to(world, "inbox")).get(path), await program.get(path)]

    assert (await world.admin.get(path)).content == b"free"
    assert [answer.status_code for answer in others] == [404, 404]


async def test_a_file_of_another_inbox_is_answered_as_one_that_is_not_there(house: House) -> None:
    world = await build(house)
    eve = await kept_to(world, "other_inbox")

    answers = [
        (await eve.get(path)).text
        for path in (world.path("/api/v1/attachments/{attachment_id}"), f"/api/v1/attachments/{uuid4()}")
    ]

    assert answers[0] == answers[1]


async def test_a_program_that_may_not_read_tickets_is_not_shown_those_of_a_contact(house: House) -> None:
    world = await build(house)
    path = world.path("/api/v1/contacts/{contact_id}")
    programs = [(await house.program(*scopes))[0] for scopes in (["contacts:read"], ["contacts:read", "tickets:read"])]

    shown = [len((await program.get(path)).json()["tickets"]) for program in programs]

    assert shown[0] == 0
    assert shown[1] > 0


async def test_a_campaign_that_changed_is_told_to_who_may_see_it(house: House) -> None:
    world = await build(house)
    wrong = await kept_to(world, "inbox", campaigns=("other_campaign",))
    right = await kept_to(world, "inbox", campaigns=("campaign",))

    await world.admin.patch(world.path("/api/v1/campaigns/{campaign_id}"), json={"version": 1, "name": "Neuer Name"})

    assert "Neuer Name" in (await right.get("/api/v1/events")).text
    assert "Neuer Name" not in (await wrong.get("/api/v1/events")).text


async def knock(house: House, headers: dict[str, str]) -> list[Message]:
    """Open a live socket and say hello; return what came back until it was closed, or welcome."""
    said = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": '{"type": "hello", "since": null}'}]
    )
    heard: list[Message] = []
    done = asyncio.Event()

    async def receive() -> Message:
        for message in said:
            return message
        await done.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        heard.append(message)
        if message["type"] == "websocket.close" or b"welcome" in message.get("text", "").encode():
            done.set()

    scope = {
        "type": "websocket",
        "path": "/api/v1/live",
        "raw_path": b"/api/v1/live",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "headers": [(b"host", b"127.0.0.1:8000"), *((k.encode(), v.encode()) for k, v in headers.items())],
        "client": ("203.0.113.9", 4711),
        "server": ("127.0.0.1", 8000),
        "subprotocols": [],
    }
    async with asyncio.timeout(10):
        await house.app(scope, receive, send)
    return heard


async def test_a_manager_follows_the_live_stream(house: House) -> None:
    http = await house.browser(await house.manager())

    heard = await knock(house, {"cookie": f"inbox={http.cookies['inbox']}"})

    assert orjson.loads(heard[1]["text"])["type"] == "welcome"


@pytest.mark.parametrize("who", ["nobody", "deactivated", "visitor", "read-only key", "other inbox's key"])
async def test_nobody_else_hears_anything_on_the_live_socket(house: House, who: str) -> None:
    world = await build(house)
    caller = (await world.callers(Role.MANAGER))[who]
    headers = {"cookie": f"inbox={caller.cookies['inbox']}"} if "inbox" in caller.cookies else {}
    if "authorization" in caller.headers:
        headers["authorization"] = caller.headers["authorization"]

    heard = await knock(house, headers)

    assert [message["type"] for message in heard][-1] == "websocket.close"
    assert not [message for message in heard if "text" in message]


async def test_a_page_of_another_site_opens_no_socket(house: House) -> None:
    http = await house.browser(await house.manager())

    heard = await knock(house, {"cookie": f"inbox={http.cookies['inbox']}", "origin": "https://evil.example"})

    assert [message["type"] for message in heard] == ["websocket.close"]


def test_the_matrix_says_of_each_scope_where_it_is_asked_for() -> None:
    from inbox.domain.credentials import Scope

    assert {row.scope for row in TABLE.values()} - {None} == {scope.value for scope in Scope}
