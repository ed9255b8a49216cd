"""HTTP/1.1 and websocket clients on bare asyncio: they cost next to nothing, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from benchmarks.processes import say

_HOST = "127.0.0.1"


class Http(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def connect(cls, port: int) -> Http:
        """Open a connection to this machine."""
        _, http = await asyncio.get_running_loop().create_connection(cls, _HOST, port)
        return http

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, blank, rest = self._read.partition(b"\r\n\r\n")
        if not blank or self._waiting is None:
            return
        length = _length_in(head)
        if len(rest) >= length:
            self._read = rest[length:]
            self._waiting.set_result((int(head[9:12]), rest[:length]))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return status and body of its answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(30):
            return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return a request as it goes over the wire."""
    every = {"host": _HOST, "content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def _length_in(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


class Socket(asyncio.Protocol):
    """A websocket client (RFC 6455) that hands each text to `hear`, with the time it came."""

    def __init__(self, hear: Callable[[float, bytes], None], opening: bytes) -> None:
        self._hear = hear
        self._opening = opening
        self._read = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, port: int, path: str, hear: Callable[[float, bytes], None], cookie: str = "") -> Socket:
        """Open a websocket on this machine."""
        key = b64encode(os.urandom(16)).decode()
        opening = (
            f"GET {path} HTTP/1.1\r\nhost: {_HOST}:{port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            f"sec-websocket-key: {key}\r\nsec-websocket-version: 13\r\ncookie: {cookie}\r\n\r\n"
        ).encode()
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(lambda: cls(hear, opening), _HOST, port)
        async with asyncio.timeout(10):
            await socket.opened
        return socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are no subclass
        self._transport.write(self._opening)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        self._read = self._read + data if self._read else data
        if not self.opened.done() and not self._is_open():
            return
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == 1:
                self._hear(at, payload)
            elif opcode == 8:
                say(f"  a socket was closed with {int.from_bytes(payload[:2], 'big')}")  # else only a time-out tells
            elif opcode == 9:
                self._send(10, payload)

    def say(self, frame: dict[str, Any]) -> None:
        """Send a frame of JSON."""
        self._send(1, orjson.dumps(frame))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _is_open(self) -> bool:
        head, blank, rest = self._read.partition(b"\r\n\r\n")
        if blank:
            assert head.startswith(b"HTTP/1.1 101"), head
            self._read = rest
            self.opened.set_result(None)
        return bool(blank)

    def _next_frame(self) -> tuple[int, bytes] | None:
        read = self._read
        if len(read) < 2:
            return None
        size, start = read[1] & 0x7F, 2
        if size == 126:
            start = 4
        elif size == 127:
            start = 10
        if len(read) < start:
            return None
        if start > 2:
            size = int.from_bytes(read[2:start], "big")
        if len(read) < start + size:
            return None
        self._read = read[start + size :]
        return read[0] & 0x0F, read[start : start + size]

    def _send(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        size = len(payload)
        head = (
            struct.pack("!BB", 0x80 | opcode, 0x80 | size)
            if size < 126
            else struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
        )
        # A mask of zeros leaves the payload as it is; masking protects proxies, of which there are none here.
        self._transport.write(head + bytes(4) + payload)
