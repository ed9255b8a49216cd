"""Pictures from afar: fetched once, by checked addresses only, and only if they are pictures."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from inbox import pictures
from inbox.channel.host import HttpAnswer
from inbox.errors import NotFound
from inbox.guard import GuardedHttp, http_guard, picture_guard
from inbox.pictures import KEPT, LARGEST, Pictures
from inbox.testing.fakes import Request
from inbox.testing.http import http_server

GIF = b"GIF89a\x10\x00\x10\x00"


@dataclass(slots=True)
class Sender:
    """A server that pictures come from, and notes who asks."""

    origin: str = ""
    heard: list[Request] = field(default_factory=list)
    answers: dict[str, HttpAnswer] = field(default_factory=dict)
    slow: asyncio.Event | None = None

    async def answer(self, request: Request) -> HttpAnswer:
        self.heard.append(request)
        if self.slow is not None:
            await self.slow.wait()
        return self.answers.get(request.url, HttpAnswer(200, {"content-type": "text/html", "set-cookie": "a=b"}, GIF))


@dataclass(slots=True)
class World:
    """A sender, and us."""

    sender: Sender
    ours: Pictures
    folder: Path

    def again(self) -> Pictures:
        """Return us after another start, when there is a first look at what is kept."""
        http = GuardedHttp(picture_guard(["127.0.0.1"]), within=timedelta(seconds=2), largest=LARGEST)
        return Pictures(http, self.folder)

    async def get(self, path: str = "/a.gif") -> bytes:
        return (await self.ours.get(self.sender.origin + path))[1]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        sender = Sender()
        sender.origin = await stack.enter_async_context(http_server(sender.answer))
        http = GuardedHttp(picture_guard(["127.0.0.1"]), within=timedelta(seconds=2), largest=LARGEST)
        stack.push_async_callback(http.close)
        yield World(sender, Pictures(http, tmp_path / "pictures"), tmp_path / "pictures")


async def test_a_picture_is_what_its_bytes_are_and_is_asked_for_without_a_trace(world: World) -> None:
    picture, octets = await world.ours.get(world.sender.origin + "/a.gif?who=mara")

    (asked,) = world.sender.heard
    assert (picture.mime, octets) == ("image/gif", GIF)
    assert asked.method == "GET"
    assert not {"cookie", "referer", "authorization"} & asked.headers.keys()


async def test_a_picture_is_fetched_once_however_many_want_it(world: World) -> None:
    world.sender.slow = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, world.sender.slow.set)
    together = await asyncio.gather(*(world.get() for _ in range(5)))
    later = await Pictures(GuardedHttp(picture_guard()), world.folder).get(world.sender.origin + "/a.gif")

    assert {*together, later[1]} == {GIF}
    assert len(world.sender.heard) == 1


async def test_an_old_picture_is_asked_for_again(world: World) -> None:
    await world.get()
    for file in world.folder.iterdir():
        os.utime(file, (0, time.time() - KEPT - 1))
    await world.get()

    assert len(world.sender.heard) == 2


@pytest.mark.parametrize(
    "answer",
    [
        HttpAnswer(404, {}, GIF),
        HttpAnswer(200, {"content-type": "image/png"}, b"<svg onload=alert(1)>"),
        HttpAnswer(200, {}, b"GIF89a\x01\x00\x01\x00"),
        HttpAnswer(200, {}, b"GIF89a\xff\xff\xff\xff"),
        HttpAnswer(200, {}, GIF + bytes(LARGEST)),
        HttpAnswer(302, {"location": "/a.gif"}, b""),
        HttpAnswer(302, {"location": "file:///etc/passwd"}, b""),
        HttpAnswer(302, {"location": "http://[::1]/a.gif"}, b""),
        HttpAnswer(302, {"location": "http://169.254.169.254/latest"}, b""),
    ],
    ids=["missing", "svg", "a pixel", "a flood", "too large", "a ring", "a file", "ourselves", "a cloud's metadata"],
)
async def test_what_is_no_picture_is_not_shown_and_not_asked_for_again_at_once(
    world: World, answer: HttpAnswer
) -> None:
    world.sender.answers["/a.gif"] = answer
    for _ in range(2):
        with pytest.raises(NotFound):
            await world.get()

    assert len(world.sender.heard) == (3 if answer.headers.get("location") == "/a.gif" else 1)


async def test_a_redirect_is_followed_to_where_we_may_go(world: World) -> None:
    world.sender.answers["/a.gif"] = HttpAnswer(301, {"location": "cdn/b.gif?x=1"}, b"")

    assert await world.get() == GIF
    assert [request.url for request in world.sender.heard] == ["/a.gif", "/cdn/b.gif?x=1"]


async def test_a_sender_who_does_not_answer_costs_seconds_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WITHIN", 0.2)
    world.sender.slow = asyncio.Event()
    with pytest.raises(NotFound):
        await world.get()
    world.sender.slow.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/a.gif", "http://localhost:{port}/a.gif", "http://10.0.0.1/a"])
async def test_nothing_inside_is_asked_even_if_other_calls_may_go_there(world: World, url: str) -> None:
    """What administrators allow for webhooks is not for strangers to use."""
    http = GuardedHttp(picture_guard(), within=timedelta(seconds=2))
    with pytest.raises(NotFound):
        await Pictures(http, world.folder).get(url.format(port=world.sender.origin.rpartition(":")[2]))
    await http.close()

    assert world.sender.heard == []
    assert http_guard(["127.0.0.1"]) != picture_guard()


async def test_too_many_pictures_make_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_ALL", 15)
    for n in range(5):
        await world.again().get(f"{world.sender.origin}/{n}.gif")

    assert len(list(world.folder.iterdir())) <= 2
