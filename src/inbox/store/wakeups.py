"""Wake-ups between processes by LISTEN and NOTIFY: they save waiting and carry nothing.

Never inside a business transaction, where NOTIFY takes a lock at commit that all writers share; one is sent for all
commits of a moment, and none while nobody else listens: whoever comes says so. A lost one costs the follower's next
look, at most a second.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

_CHANNEL = "inbox_events"
_NAME = "crowd-inbox-wake"  # of the connections that listen
_OTHERS = """
select exists (select from pg_stat_activity
  where application_name = $1 and datname = current_database() and pid <> pg_backend_pid())
"""
_TOGETHER = 0.01  # seconds, whose commits share one wake-up
_RETRY = 1.0
_LOOK = 30.0  # seconds between two looks who else listens, and whether the connection still lives


class Wakeups:
    """One connection that hears other processes and tells them."""

    def __init__(self, dsn: str, hear: Callable[[], None]) -> None:
        self._dsn = dsn
        self._hear = hear
        self._news = asyncio.Event()
        self._others = False  # listen as well
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
            server_settings={"application_name": _NAME, "synchronous_commit": "off"},
        )
        try:
            connection.add_termination_listener(lambda _: self._news.set())
            await connection.add_listener(_CHANNEL, self._heard)
            self._hear()  # whatever was told while nobody listened
            await _tell(connection, self._me)  # that we listen by now
            while not connection.is_closed():
                await self._look(connection)
                await self._tell_for_a_while(connection)
        finally:
            await connection.close(timeout=2)

    async def _look(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        self._others = False
        if await connection.fetchval(_OTHERS, _NAME, timeout=5):
            self._others = True  # never False here: somebody may have said meanwhile that they listen

    async def _tell_for_a_while(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                while not connection.is_closed():
                    await self._news.wait()
                    self._news.clear()
                    if self._others:
                        await _tell(connection, self._me)
                    await asyncio.sleep(_TOGETHER)

    def _heard(self, _connection: object, _pid: int, _channel: str, sender: object) -> None:
        if sender != self._me:
            self._others = True
            self._hear()


async def _tell(connection: Any, sender: str) -> None:  # noqa: ANN401 - asyncpg ships no types
    await connection.execute("select pg_notify($1, $2)", _CHANNEL, sender, timeout=5)
