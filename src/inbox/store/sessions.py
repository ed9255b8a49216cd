"""Connections on loan: some stay at hand, for to take one from the engine's pool costs more than a short statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy import QueuePool, event
from sqlalchemy.ext.asyncio import AsyncEngine

from inbox.store.database import Session

_KEPT = 4  # one of so many; the others go back to the pool, where whoever waits finds them


class Sessions:
    """Lends the connections of one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._at_hand: list[Session] = []
        self._most = cast("QueuePool", engine.pool).size() // _KEPT
        event.listen(engine.sync_engine, "engine_disposed", self._dispose)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Session]:
        """Lend a living connection; one that is not clean afterwards is thrown away."""
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
