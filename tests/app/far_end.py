"""A far end that answers as it is told to, and the inboxes that reach it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from inbox.app.opened import Opened, OpenInboxes
from inbox.channel.contract import ChannelConfig
from inbox.channel.host import Host
from inbox.channel.model import Capabilities, Health, Outgoing, Receipt
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.errors import NotFound

Answer = Receipt | BaseException | None  # None: never


@dataclass(slots=True)
class FarEnd:
    """Takes messages; answers with what it was given, in that order, and then that they were sent."""

    capabilities: Capabilities
    answers: deque[Answer] = field(default_factory=deque)
    sent: list[Outgoing] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Outgoing) -> Receipt:
        self.sent.append(message)
        self.reached.set()
        answer = self.answers.popleft() if self.answers else Receipt()
        if answer is None:
            await asyncio.sleep(3600)
        if isinstance(answer, BaseException):
            raise answer
        return answer or Receipt()

    async def check(self) -> Health:
        return Health(ok=True)


class SomeChannel:
    """A channel whose one connection is the far end."""

    kind = "email"
    title = {"en": "Some", "de": "Einer"}  # noqa: RUF012 - as the contract has it
    contract = 1
    config = ChannelConfig

    def __init__(self, far_end: FarEnd) -> None:
        self.far_end = far_end
        self.capabilities = far_end.capabilities

    @asynccontextmanager
    async def open(self, config: ChannelConfig, host: Host) -> AsyncIterator[FarEnd]:
        yield self.far_end


class OneInbox(OpenInboxes):
    """The inboxes of a process in which one is open."""

    def __init__(self, inbox: Inbox, far_end: FarEnd) -> None:
        channel: Any = SomeChannel(far_end)
        self.opened = Opened(inbox, channel, far_end)

    async def get(self, inbox_id: InboxId) -> Opened:
        if inbox_id != self.opened.inbox.id:
            raise NotFound
        return self.opened
