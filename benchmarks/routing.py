"""`routing`: waits in virtual time, against theory and others; and tickets on their manager's screen."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks import on_screen, rehearsals
from benchmarks.processes import say


async def measure() -> dict[str, Any]:
    """Return the figures."""
    say("on screen")
    on_screens = await on_screen.measure()
    say("against theory")
    theory = await asyncio.to_thread(rehearsals.against_theory)
    say("the week")
    week = await asyncio.to_thread(rehearsals.against_others)
    return {**theory, "week": week, **on_screens}
