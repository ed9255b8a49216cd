"""Connections on loan: some stay at hand, for to take one from the engine's pool costs more than a short statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

from sqlalchemy import QueuePool, event
from sqlalchemy.ext.asyncio import AsyncEngine

from inbox.errors import Unavailable
from inbox.store.database import Session

_KEPT = 4  # one of so many; the others go back to the pool
_PATIENCE = timedelta(seconds=10)


class Sessions:
    """Lends the connections of one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._at_hand: list[Session] = []
        size = cast("QueuePool", engine.pool).size()
        self._most = size // _KEPT
        # First come, first served: the pool gives what comes back to whoever asks next, while others wait for it.
        self._free = asyncio.Semaphore(size)
        event.listen(engine.sync_engine, "engine_disposed", self._dispose)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Session]:
        """Lend a living connection; one that is not clean afterwards is thrown away."""
        await self._turn()
        try:
            session = await self._taken()
            try:
                yield session
            except BaseException:
                await session.close()
                raise
            if session.is_clean and len(self._at_hand) < self._most:
                self._at_hand.append(session)
            else:
                await session.close()
        finally:
            self._free.release()

    async def _turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # at once
            return
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable("All connections to the database are taken.") from error

    async def _taken(self) -> Session:
        while self._at_hand:
            session = self._at_hand.pop()
            if session.is_clean:
                return session
            await session.close()
        return await Session.of(self._engine)

    def _dispose(self, _engine: object) -> None:
        while self._at_hand:
            self._at_hand.pop().dispose()
