"""Waits for the next thing to do: a wake-up, or the moment when something is due."""

from __future__ import annotations

import asyncio
from datetime import datetime

from inbox.app.follow import Commit
from inbox.domain.events import EventType


class Wake:
    """A bell that a loop sleeps by; rung by events of the types it cares about."""

    def __init__(self, *types: EventType) -> None:
        self._types = frozenset(kind.value for kind in types)
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._bell.set()

    def heed(self, commit: Commit) -> None:
        """Ring if a commit is of interest."""
        if not self._types.isdisjoint(commit.types):
            self._bell.set()

    async def sleep(self, *, until: datetime | None, now: datetime, at_most: float) -> None:
        """Sleep until rung, until a moment, or for some seconds, whatever comes first."""
        left = max((until - now).total_seconds(), 0.0) if until else at_most
        try:
            async with asyncio.timeout(min(left, at_most)):
                await self._bell.wait()
        except TimeoutError:
            pass
        self._bell.clear()
