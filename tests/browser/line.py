"""A line between browser and service that a test can cut and mend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum


class Cut(Enum):
    """What does not come through."""

    NOTHING = "nothing"
    SOCKETS = "websockets"
    ALL = "everything"


@dataclass(slots=True)
class Line:
    """Hands bytes on, as long as it is whole."""

    far_port: int
    port: int = 0
    cut: Cut = Cut.NOTHING
    open_: dict[asyncio.StreamWriter, bool] = field(default_factory=dict)  # connection: whether it is a websocket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def break_(self, what: Cut) -> None:
        """Break what is open, and let nothing new of it through."""
        self.cut = what
        for writer, socket in list(self.open_.items()):
            if what is Cut.ALL or socket:
                writer.transport.abort()

    def mend(self) -> None:
        self.cut = Cut.NOTHING

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65536)
        socket = b"upgrade: websocket" in first.lower()
        if not first or self.cut is Cut.ALL or (socket and self.cut is Cut.SOCKETS):
            writer.transport.abort()
            return
        self.open_[writer] = socket
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.far_port)
        far_writer.write(first)
        try:
            await asyncio.gather(_hand_on(reader, far_writer), _hand_on(far_reader, writer))
        finally:
            self.open_.pop(writer, None)


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """Lay a line to a port of this machine."""
    line = Line(port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        line.break_(Cut.ALL)
        server.close()
