"""Pulls beside a test, and keeps what comes as the service does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from inbox.channel.host import Host
from inbox.channel.model import Batch, Original
from inbox_email.pull import Timing, pull
from tests.channels.email.builders import config

QUICK = Timing(connect=2, answer=0.4, refresh=0.5, pulse=0.4, poll=0.2, heard=0)
PATIENT = Timing(connect=5, answer=5, refresh=30, pulse=5, poll=30)


@dataclass
class Store:
    """Keeps what the service would: originals by key and content, and the cursor with them."""

    cursor: Mapping[str, Any] | None = None
    originals: list[Original] = field(default_factory=list)
    fault: str | None = None

    def commit(self, batch: Batch) -> None:
        known = {(o.body, o.at) for o in self.originals} | {(o.key, None) for o in self.originals}
        fresh = [o for o in batch.originals if (o.body, o.at) not in known and (o.key, None) not in known]
        self.originals += fresh
        self.cursor = batch.cursor
        self.fault = batch.fault

    @property
    def texts(self) -> list[str]:
        return [o.body.decode().rpartition("\r\n")[2] for o in self.originals]


async def fetch(host: Host, store: Store, *, count: int, timing: Timing = PATIENT, **settings: Any) -> None:
    """Pull until the store holds `count` mails."""
    if store.cursor and len(store.originals) >= count:
        return
    async with (
        asyncio.timeout(20),
        aclosing(pull(config(**settings), host, store.cursor, timing=timing)) as batches,
    ):
        async for batch in batches:
            store.commit(batch)
            if len(store.originals) >= count:
                return


@asynccontextmanager
async def pulling(
    host: Host, store: Store, timing: Timing = PATIENT, **settings: Any
) -> AsyncIterator[asyncio.Task[None]]:
    """Pull beside the test, for as long as it lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(keep_pulling(host, store, timing, **settings))
        yield task
        task.cancel()


async def keep_pulling(host: Host, store: Store, timing: Timing, **settings: Any) -> None:
    """Pull until the connection is lost."""
    async with aclosing(pull(config(**settings), host, store.cursor, timing=timing)) as batches:
        async for batch in batches:
            store.commit(batch)


async def until(condition: Callable[[], object], *, within: float = 5) -> None:
    """Wait for what happens in a server that knows no event of ours."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)
