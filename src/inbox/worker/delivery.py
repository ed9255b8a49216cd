"""Sends what is in the outbox, as soon as it is there."""

from __future__ import annotations

from inbox.app.deliver import deliver_due
from inbox.app.intake import Door
from inbox.app.outgoing import Blobs
from inbox.domain.events import EventType
from inbox.worker.wake import Wake

WAKES = (EventType.MESSAGE_QUEUED, EventType.MESSAGE_DELIVERY)
_SAFETY = 5.0  # seconds between two looks without a wake-up


async def deliver(door: Door, blobs: Blobs, wake: Wake) -> None:
    """Deliver for ever."""
    while True:
        while await deliver_due(door.units, door.inboxes, blobs, door.clock):
            continue
        async with door.units.reading() as unit:
            until = await unit.outbox.next_due()
        await wake.sleep(until=until, now=door.clock(), at_most=_SAFETY)
