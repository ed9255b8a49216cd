"""Sends what is in the outbox, as soon as it is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import datetime

import structlog

from inbox.app.deliver import AT_ONCE, SHARE, TAKEN, deliver_one, lease_due
from inbox.app.intake import Door
from inbox.app.outgoing import Blobs
from inbox.app.ports import Leased
from inbox.app.schedule import release_due
from inbox.domain.events import EventType
from inbox.domain.ids import InboxId
from inbox.errors import Conflict, Unavailable
from inbox.worker.wake import Wake

log = structlog.get_logger()

WAKES = (EventType.MESSAGE_QUEUED, EventType.MESSAGE_DELIVERY)
_SAFETY = 5.0  # seconds between two looks without a wake-up


async def deliver(door: Door, blobs: Blobs, wake: Wake) -> None:
    """Deliver for ever, some messages beside each other: a far end that hangs holds up nobody else's."""
    busy: dict[asyncio.Task[None], InboxId] = {}

    def ended(task: asyncio.Task[None]) -> None:
        busy.pop(task, None)
        wake.ring()

    async with asyncio.TaskGroup() as group:
        while True:
            leased, until = await _look(door, busy.values())
            for row in leased:
                task = group.create_task(_deliver_one(door, blobs, row))
                busy[task] = row.inbox_id
                task.add_done_callback(ended)
            await wake.sleep(until=until, now=door.clock(), at_most=_SAFETY)


async def _look(door: Door, busy: Collection[InboxId]) -> tuple[list[Leased], datetime | None]:
    """Take some of what is due, and see when more is; while the database does not answer, what is being sent goes on.

    Each message that is being sent is there as the inbox by which it goes.
    """
    limit = min(AT_ONCE - len(busy), TAKEN)
    if not limit:
        return [], None
    full = [inbox_id for inbox_id, under_way in Counter(busy).items() if under_way >= SHARE]
    now = door.clock()
    try:
        leased = await lease_due(door.units, limit=limit, now=now, without=full)
        if len(leased) == limit:
            return leased, now
        async with door.units.reading() as unit:
            return leased, await unit.outbox.next_due(without=full)
    except (Unavailable, Conflict):
        return [], None


async def _deliver_one(door: Door, blobs: Blobs, row: Leased) -> None:
    try:
        await deliver_one(door.units, door.inboxes, blobs, row, door.clock)
    except Exception as error:  # noqa: BLE001 - what goes wrong with one message must not end the others' sending
        log.warning("delivery.failed", message=str(row.message_id), error=type(error).__name__)


async def send_scheduled(door: Door, blobs: Blobs, wake: Wake) -> None:
    """Send off scheduled answers for ever, when their time comes."""
    while True:
        async with door.units.reading() as unit:
            until = await unit.messages.next_scheduled()
        if until is not None and until <= door.clock():
            await release_due(door.units, door.inboxes, blobs, door.clock)
        else:
            await wake.sleep(until=until, now=door.clock(), at_most=_SAFETY)
