"""Keeps what this process knows of the languages in use true."""

from __future__ import annotations

import asyncio

from inbox.app.intake import Door
from inbox.domain.events import EventType
from inbox.worker.wake import Wake

LANGUAGE_WAKES = (EventType.MANAGER_CHANGED, EventType.CAMPAIGN_CHANGED)
_SAFETY = 600.0  # seconds between two looks when nobody says that anything changed
_BREATH = 1.0  # a whole team that comes in the morning is one look


async def keep_languages(door: Door, wake: Wake) -> None:
    """Look which languages are in use, for ever: at once, and after people or campaigns changed."""
    while True:
        async with door.units.reading() as unit:
            await door.languages.refresh(unit)
        await asyncio.sleep(_BREATH)
        await wake.sleep(until=None, now=door.clock(), at_most=_SAFETY)
