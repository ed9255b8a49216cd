"""Keeps what inboxes were granted, and lets one process at a time renew it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.app.ports import Units
from inbox.channel.grants import Grant, GrantRefused, Renew
from inbox.channel.host import Clock
from inbox.domain.ids import InboxId
from inbox.errors import InboxError, Unavailable

_LEASE = timedelta(seconds=30)  # longer than any answer may take
_LOOK = 0.2  # seconds between two looks whether another process is done
_LOOKS = 100


@dataclass(frozen=True, slots=True)
class KeptGrants:
    """The grant of one inbox, in the store."""

    units: Units
    inbox_id: InboxId
    clock: Clock

    async def current(self) -> Grant | None:
        """Return the grant."""
        async with self.units.reading() as unit:
            return await unit.grants.find(self.inbox_id)

    async def renewed(self, old: Grant, renew: Renew) -> Grant:
        """Renew a grant unless somebody else does; the far end is asked outside of any transaction."""
        for _ in range(_LOOKS):
            current = await self.current()
            if current is None:
                raise GrantRefused("The consent was taken back.")
            if current.version != old.version:
                return current
            if await self._lease(old):
                return await self._renew(current, renew)
            await asyncio.sleep(_LOOK)
        raise Unavailable("Another process is renewing the access to this account, and does not end.")

    async def _renew(self, old: Grant, renew: Renew) -> Grant:
        try:
            values = await renew(old.values)
        except GrantRefused:
            await self._give_back(old, refused_at=self.clock())
            raise
        except BaseException:
            with suppress(InboxError):  # it ends by itself
                await self._give_back(old, refused_at=None)
            raise
        async with self.units() as unit:
            is_ours = await unit.grants.renew(self.inbox_id, old, values)
        if is_ours:
            return Grant(values, old.version + 1)
        return await self.current() or Grant(values)  # somebody consented anew meanwhile

    async def _lease(self, old: Grant) -> bool:
        now = self.clock()
        async with self.units() as unit:
            return await unit.grants.lease(self.inbox_id, old.version, now=now, until=now + _LEASE)

    async def _give_back(self, old: Grant, *, refused_at: datetime | None) -> None:
        async with self.units() as unit:
            await unit.grants.give_back(self.inbox_id, old.version, refused_at=refused_at)
