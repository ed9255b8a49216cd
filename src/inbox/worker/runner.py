"""Runs the loops beside the API: each in one task group, restarted when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger()

_FIRST_PAUSE = 0.5  # seconds
_LONGEST_PAUSE = 30.0
_HEALTHY_AFTER = 60.0

Loop = Callable[[], Awaitable[None]]


async def run_all(loops: Mapping[str, Loop]) -> None:
    """Run the loops until cancelled."""
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(supervised(name, loop), name=name)


async def supervised(name: str, loop: Loop) -> None:
    """Run one loop; when it fails, say so and start it again, ever more slowly while it goes on failing."""
    pause = _FIRST_PAUSE
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 - the one place where a fault of a loop ends
            cause = _cause(error)
            log.warning("loop.failed", loop=name, error=type(cause).__name__, message=str(cause), pause=pause)
        if asyncio.get_running_loop().time() - started > _HEALTHY_AFTER:
            pause = _FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _cause(error: Exception) -> Exception:
    """Return the error itself, or the first of a group's: the group says only how many they are."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
