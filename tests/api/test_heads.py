"""What is no body of a request is bounded before anybody reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import orjson
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from inbox.api.heads import LIMIT, Heads

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MUCH = [b"a" * 8_192] * 40


async def reads_all(_scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": str(length).encode()})


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    server = uvicorn.Server(uvicorn.Config(reads_all, port=0, http=Heads, log_config=None, lifespan="off"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the test's signals stay its own
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = True


async def answer(parts: Iterable[bytes]) -> bytes:
    """Send something piece by piece; return what came back."""
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            return await reader.read()
        except ConnectionError:  # cut off while we were still writing
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD, b"X: ", *MUCH],
        [HEAD, *[b"X: y\r\n" * 2_000] * 40],
        [CHUNKED, b"1\r\na\r\n", b"1;x=", *MUCH],
        [CHUNKED, b"1\r\na\r\n0\r\nX: ", *MUCH],
    ],
    ids=["a header", "headers", "an extension of a chunk", "a trailer"],
)
async def test_what_never_ends_is_cut_off(parts: list[bytes]) -> None:
    async with asyncio.timeout(5):
        said = await answer([*parts, b"\r\n\r\n"])

    assert not said or b" 431 " in said or b" 400 " in said
    assert b" 200 " not in said


async def test_the_refusal_is_a_problem() -> None:
    head, _, body = (await answer([HEAD, b"X: ", b"a" * LIMIT])).partition(b"\r\n\r\n")

    assert f"content-length: {len(body)}".encode() in head
    assert orjson.loads(body)["code"] == "too_large"


async def test_a_large_body_is_no_head() -> None:
    plain = await answer([HEAD, b"Content-Length: 327680\r\n\r\n", *MUCH])
    chunked = await answer([CHUNKED, *[b"2000\r\n" + part + b"\r\n" for part in MUCH], b"0\r\n\r\n"])

    assert b"327680" in plain
    assert b"327680" in chunked
