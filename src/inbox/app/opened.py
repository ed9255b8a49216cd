"""The inboxes as they are open in this process: their channel, their settings, their connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inbox.app.ports import Units
from inbox.channel.contract import Channel, ChannelConfig, Connection
from inbox.channel.host import Host
from inbox.channel.model import Capabilities
from inbox.channel.registry import Channels
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.errors import ConfigRejected, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Opened:
    """An inbox that is ready for use."""

    inbox: Inbox
    channel: Channel[Any]
    connection: Connection

    @property
    def capabilities(self) -> Capabilities:
        """What its channel can do."""
        return self.channel.capabilities


class OpenInboxes:
    """Opens inboxes when they are first needed and again when their settings change."""

    def __init__(self, units: Units, channels: Channels, host_for: Callable[[InboxId], Host]) -> None:
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
        try:
            config = channel.config.model_validate(inbox.config)
        except ValidationError as error:
            raise ConfigRejected(f"The settings of the inbox {inbox.name!r} are no longer valid.") from error
        stack = AsyncExitStack()
        connection = await stack.enter_async_context(channel.open(config, self._host_for(inbox_id)))
        return Opened(inbox, channel, connection), stack


def checked_config(channel: Channel[Any], values: dict[str, Any]) -> ChannelConfig:
    """Read settings by the channel's own model; raise Invalid with what is wrong, never with a value."""
    try:
        config: ChannelConfig = channel.config.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{field}: {first['msg']}") from error
    return config
