"""The inboxes as they are open in this process: their channel, their settings, their connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from inbox.app.ports import Unit, Units
from inbox.channel.config import stored_config
from inbox.channel.contract import Acknowledges, Addressed, Channel, ChannelConfig, Connection, Folds, Pushes
from inbox.channel.host import Host
from inbox.channel.model import Capabilities
from inbox.channel.registry import Channels
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.errors import ConfigRejected, NotFound, Unavailable


@dataclass(frozen=True)
class Opened:
    """An inbox that is ready for use.

    What every message asks its connection for is asked once: `isinstance` goes through all names of a protocol anew.
    """

    inbox: Inbox
    channel: Channel[Any]
    connection: Connection
    hold: timedelta = timedelta(0)  # how long an answer waits here, where its channel lets it

    @property
    def undo(self) -> timedelta:
        """How long an answer can be taken back before it is sent."""
        return self.hold if self.capabilities.recall else timedelta(0)

    @property
    def capabilities(self) -> Capabilities:
        """What its channel can do."""
        return self.channel.capabilities

    @cached_property
    def pushes(self) -> Pushes | None:
        """Its connection, if it is sent webhooks."""
        return self.connection if isinstance(self.connection, Pushes) else None

    @cached_property
    def folds(self) -> Folds | None:
        """Its connection, if it knows again what is repeated of earlier messages."""
        return self.connection if isinstance(self.connection, Folds) else None

    @cached_property
    def acknowledges(self) -> Acknowledges | None:
        """Its connection, if it tells people that their message is here."""
        return self.connection if isinstance(self.connection, Acknowledges) else None


class OpenInboxes:
    """Opens inboxes when they are first needed and again when their settings change."""

    def __init__(
        self,
        units: Units,
        channels: Channels,
        host_for: Callable[[InboxId], Host],
        *,
        hold: timedelta = timedelta(0),
    ) -> None:
        self._hold = hold
        self._units = units
        self.channels = channels
        self._host_for = host_for
        self._opened: dict[InboxId, tuple[Opened, AsyncExitStack]] = {}
        self._lock = asyncio.Lock()

    async def get(self, inbox_id: InboxId) -> Opened:
        """Return an inbox, open; raise NotFound for one that is not there, ConfigRejected for one that cannot open."""
        found = self._opened.get(inbox_id)
        if found is not None:
            return found[0]
        async with self._lock:
            if inbox_id not in self._opened:
                self._opened[inbox_id] = await self._open(inbox_id)
        return self._opened[inbox_id][0]

    async def addresses(self, unit: Unit) -> frozenset[str]:
        """Return the addresses that all of our inboxes are written to at; one that cannot open names none."""
        found = set[str]()
        for inbox in await unit.inboxes.all():
            with suppress(ConfigRejected, NotFound, Unavailable):
                connection = (await self.get(inbox.id)).connection
                found.update(connection.addresses() if isinstance(connection, Addressed) else ())
        return frozenset(address.casefold() for address in found)

    async def refresh(self, inbox_id: InboxId, version: int) -> None:
        """Close an inbox if it is open with other settings than those of `version`."""
        found = self._opened.get(inbox_id)
        if found is not None and found[0].inbox.version != version:
            await self.forget(inbox_id)

    async def forget(self, inbox_id: InboxId) -> None:
        """Close an inbox whose settings changed; the next use opens it as it is now."""
        found = self._opened.pop(inbox_id, None)
        if found is not None:
            await found[1].aclose()

    async def close(self) -> None:
        """Close all."""
        for inbox_id in list(self._opened):
            await self.forget(inbox_id)

    def channel(self, kind: str) -> Channel[Any]:
        """Return an installed channel by its kind."""
        if kind not in self.channels:
            raise NotFound(f"There is no channel {kind!r} installed.")
        return self.channels[kind]

    def try_out(
        self, inbox_id: InboxId, channel: Channel[Any], config: ChannelConfig
    ) -> AbstractAsyncContextManager[Connection]:
        """Open a connection that is not kept, for a test before saving."""
        return channel.open(config, self._host_for(inbox_id))

    async def _open(self, inbox_id: InboxId) -> tuple[Opened, AsyncExitStack]:
        async with self._units.reading() as unit:
            inbox = await unit.inboxes.find(inbox_id)
        channel = self.channel(inbox.channel)
        config = stored_config(channel, inbox.config, name=inbox.name)
        stack = AsyncExitStack()
        connection = await stack.enter_async_context(channel.open(config, self._host_for(inbox_id)))
        return Opened(inbox, channel, connection, self._hold), stack
