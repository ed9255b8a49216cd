"""Wake-ups between processes by LISTEN and NOTIFY: they save waiting and carry nothing.

Never inside a business transaction, where NOTIFY takes a lock at commit that all writers share; one is sent for all
commits of a moment. A lost one costs the follower's next look, at most a second.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import asyncpg

_CHANNEL = "inbox_events"
_TOGETHER = 0.01  # seconds, whose commits share one wake-up
_RETRY = 1.0
_IDLE = 30.0  # seconds until a look whether the connection still lives


class Wakeups:
    """One connection that hears other processes and tells them."""

    def __init__(self, dsn: str, hear: Callable[[], None]) -> None:
        self._dsn = dsn
        self._hear = hear
        self._news = asyncio.Event()
        self._me = f"{os.getpid()}.{id(self)}"

    def commit(self) -> None:
        """Wake this process at once, and the others soon."""
        self._hear()
        self._news.set()

    async def run(self) -> None:
        """Listen and tell for ever, over as many connections as it takes."""
        while True:
            try:
                await self._one_connection()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(_RETRY)

    async def _one_connection(self) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=10,
            # A wake-up may be lost, so its commit need not wait for the disk.
            server_settings={"application_name": "crowd-inbox-wake", "synchronous_commit": "off"},
        )
        try:
            connection.add_termination_listener(lambda _: self._news.set())
            await connection.add_listener(_CHANNEL, self._heard)
            self._hear()  # whatever was told while nobody listened
            while not connection.is_closed():
                await self._tell(connection)
        finally:
            await connection.close(timeout=2)

    async def _tell(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        try:
            async with asyncio.timeout(_IDLE):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()
        await connection.execute("select pg_notify($1, $2)", _CHANNEL, self._me, timeout=5)
        await asyncio.sleep(_TOGETHER)

    def _heard(self, _connection: object, _pid: int, _channel: str, sender: object) -> None:
        if sender != self._me:
            self._hear()
