"""Turns: those in this process who want the same thing come one after the other, and hold no connection meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Names that somebody has the turn of."""

    def __init__(self) -> None:
        self._taken: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def of(self, *names: str) -> AsyncIterator[None]:
        """Wait until nobody has any of these names, then have all of them at once, so that nobody waits in a ring."""
        while others := [self._taken[name] for name in names if name in self._taken]:
            await others[0].wait()
        over = asyncio.Event()
        self._taken.update(dict.fromkeys(names, over))
        try:
            yield
        finally:
            for name in set(names):
                del self._taken[name]
            over.set()
