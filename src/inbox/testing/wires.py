"""What the scripted servers share: a listening socket on this machine, and connections that can be cut."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeAlias


class Listener(ABC):
    """A server on 127.0.0.1, on a free port unless one is named."""

    host = "127.0.0.1"

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.encrypted: ssl.SSLContext | None = None  # from the first byte on
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self._server: asyncio.Server | None = None
        self._stopping = False

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it leaves."""

    async def start(self) -> None:
        """Begin to listen."""
        self._stopping = False
        self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=1 << 26, ssl=self.encrypted)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every client and stop to listen."""
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        self.drop()
        await self._server.wait_closed()
        serving = [task for task in self._tasks if task is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def drop(self, *, gently: bool = False) -> None:
        """Cut every connection; gently: after what was said has been sent."""
        for writer in self._writers:
            if gently:
                writer.close()
            else:
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self.serve(reader, writer)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()


Believes: TypeAlias = Callable[[str, str], bool]  # a user and an access token


def bearer_in(response: bytes) -> tuple[str, str]:
    """Return user and token of an OAUTHBEARER (RFC 7628) or XOAUTH2 response; both empty for anything else."""
    found = re.fullmatch(rb"(?:user=|n,a=)([^\x01,]*),?\x01(?:[^\x01]+\x01)*?auth=Bearer ([^\x01]+)\x01\x01", response)
    return (found[1].decode(), found[2].decode()) if found else ("", "")


REFUSED_TOKEN = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"mail"}')
