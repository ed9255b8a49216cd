"""Lets pulling channels fetch, one process an inbox, and understands what they fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from inbox.app.inboxes import inbox_event
from inbox.app.intake import Door, keep_batch
from inbox.app.opened import Opened
from inbox.app.understanding import understand_pending
from inbox.channel.contract import Pulls
from inbox.domain.ids import InboxId, new_id
from inbox.errors import ConfigRejected, InboxError, NotFound
from inbox.worker.wake import Wake

log = structlog.get_logger()

_LEASE = timedelta(seconds=30)
_RENEW = 10.0  # seconds
_LOOK = 5.0  # seconds between two looks for inboxes that nobody fetches
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 300.0
_HEALTHY = timedelta(minutes=1)  # a connection that lasted so long was a good one
_WRONG_SETTINGS = 900.0  # wrong credentials are not hammered: locked accounts help nobody


class Fetching:
    """The pulling inboxes that this process holds."""

    def __init__(
        self,
        door: Door,
        understand: Wake,
        changed: Wake,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        renew: float = _RENEW,
    ) -> None:
        self._door = door
        self._understand = understand
        self._changed = changed
        self._sleep, self._every = sleep, renew
        self._owner = UUID(int=new_id().int)
        self._held: dict[InboxId, tuple[int, asyncio.Task[None]]] = {}  # by the version of the settings

    async def run(self) -> None:
        """Take what nobody fetches, and fetch it, for ever; leases are given back at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._take_free(group)
                    await self._changed.sleep(until=None, now=self._door.clock(), at_most=_LOOK)
        finally:
            with suppress(InboxError):
                async with self._door.units() as unit:
                    await unit.inboxes.give_back(owner=self._owner)

    async def _take_free(self, group: asyncio.TaskGroup) -> None:
        async with self._door.units.reading() as unit:
            wanted = {inbox.id: inbox.version for inbox in await unit.inboxes.all() if inbox.active}
        for inbox_id, (version, task) in list(self._held.items()):
            if task.done() or wanted.get(inbox_id) != version:
                self._held.pop(inbox_id)[1].cancel()
        for inbox_id, version in wanted.items():
            if inbox_id not in self._held and await self._pulls(inbox_id, version):
                self._held[inbox_id] = (version, group.create_task(self._hold(inbox_id)))

    async def _pulls(self, inbox_id: InboxId, version: int) -> bool:
        try:
            await self._door.inboxes.refresh(inbox_id, version)
            opened = await self._door.inboxes.get(inbox_id)
        except (ConfigRejected, NotFound):
            return False
        return isinstance(opened.connection, Pulls)

    async def _hold(self, inbox_id: InboxId) -> None:
        """Fetch an inbox while its lease is ours."""
        if not await self._renew(inbox_id):
            return
        async with asyncio.TaskGroup() as group:
            fetching = group.create_task(self._fetch_for_ever(inbox_id))
            while await self._renew(inbox_id) and not fetching.done():
                await asyncio.wait([fetching], timeout=self._every)
            fetching.cancel()

    async def _renew(self, inbox_id: InboxId) -> bool:
        now = self._door.clock()
        async with self._door.units() as unit:
            return await unit.inboxes.lease(inbox_id, owner=self._owner, now=now, until=now + _LEASE)

    async def _fetch_for_ever(self, inbox_id: InboxId) -> None:
        pause = _FIRST_PAUSE
        while True:
            opened = await self._door.inboxes.get(inbox_id)
            started = self._door.clock()
            try:
                await self._fetch(opened)
            except ConfigRejected as error:
                await self._report(opened, str(error))
                pause = _WRONG_SETTINGS
            except (InboxError, OSError, TimeoutError) as error:
                if self._door.clock() - started > _HEALTHY:
                    pause = _FIRST_PAUSE  # servers end good connections too; it is down if there is no other at once
                else:
                    await self._report(opened, str(error) or type(error).__name__)
            await self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _fetch(self, opened: Opened) -> None:
        connection = opened.connection
        if not isinstance(connection, Pulls):
            return
        async with self._door.units.reading() as unit:
            cursor = await unit.inboxes.cursor(opened.inbox.id)
        async for batch in connection.receive(cursor):
            async with self._door.units() as unit:
                new = await keep_batch(unit, opened.inbox.id, batch, owner=self._owner, now=self._door.clock())
            if new:
                self._understand.ring()
            await self._report(opened, batch.fault)

    async def _report(self, opened: Opened, fault: str | None) -> None:
        """Show in the desk how the inbox is; said once, not at every try."""
        health = "ok" if fault is None else "failing"
        async with self._door.units() as unit:
            if await unit.inboxes.set_health(opened.inbox.id, health, fault, now=self._door.clock()):
                unit.record(inbox_event(await unit.inboxes.find(opened.inbox.id)))
                say = log.info if fault is None else log.warning
                say("inbox.health", inbox=str(opened.inbox.id), health=health)


async def understand(door: Door, wake: Wake) -> None:
    """Understand what was fetched, for ever."""
    while True:
        while await understand_pending(door):
            continue
        await wake.sleep(until=None, now=door.clock(), at_most=_LOOK)
