"""HTTP for tests: a client without a guard, and a server of a few lines that keeps what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from inbox.channel.host import HttpAnswer
from inbox.errors import OutgoingFailed
from inbox.testing.fakes import Request

Answering: TypeAlias = Callable[[Request], Awaitable[HttpAnswer]]


@dataclass(frozen=True, slots=True)
class PlainHttp:
    """Calls any address, as a platform or a telephone system would: the far end of our own service."""

    client: httpx.AsyncClient

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return await self._ask("GET", url, headers, None)

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return await self._ask("POST", url, headers, content)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None) -> HttpAnswer:
        try:
            answer = await self.client.request(method, url, headers=headers, content=content)
        except httpx.HTTPError as error:
            raise OutgoingFailed(f"{url}: {str(error) or type(error).__name__}") from error
        return HttpAnswer(answer.status_code, dict(answer.headers), answer.content)


@asynccontextmanager
async def plain_http() -> AsyncIterator[PlainHttp]:
    """Open a client that ignores the environment's proxies."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield PlainHttp(client)


@asynccontextmanager
async def http_server(answering: Answering, *, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1, on a free port unless one is named, and yield the origin; one request a connection."""
    connected: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.add(writer)
        try:
            writer.write(_written(await answering(await _read(reader))))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the far end went away, as it may
        finally:
            connected.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.sleep(0)  # whoever was accepted last is served first
    for writer in tuple(connected):
        writer.transport.abort()
    await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next round


async def _read(reader: asyncio.StreamReader) -> Request:
    start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = start.split(" ")
    return Request(method, path, headers, content)


def _written(answer: HttpAnswer) -> bytes:
    headers = {**answer.headers, "content-length": str(len(answer.body)), "connection": "close"}
    head = [f"HTTP/1.1 {answer.status} -", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + answer.body
