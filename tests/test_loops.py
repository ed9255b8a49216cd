"""A loop that fails is started again, and why it failed is told."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from inbox.errors import Unavailable
from inbox.worker.runner import supervised


async def test_what_failed_in_a_group_of_tasks_is_told_by_its_own_words() -> None:
    async def fail() -> None:
        raise Unavailable("The database is away.")

    async def loop() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    with capture_logs() as told:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(supervised("fetch", loop))
            await asyncio.sleep(0.05)
            running.cancel()

    assert [(line["error"], line["message"]) for line in told] == [("Unavailable", "The database is away.")]
