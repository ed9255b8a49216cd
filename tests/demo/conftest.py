"""A service with a demo in it, quicker than people are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from inbox.app.ports import Unit
from inbox.app.queries import Sort, TicketQuery, View
from inbox.demo import stage
from inbox.demo.backstage import Backstage, Pace
from inbox.demo.far_ends import far_ends
from inbox.demo.memory import Memory
from inbox.demo.seeding import fill
from inbox.demo.show import Show
from inbox.domain.manager import EVERYTHING
from inbox.domain.ticket import Ticket
from inbox.testing.database import create_database, drop_database, dsn_of
from inbox.testing.serving import Serving, serving

NOW = datetime.now(UTC)  # clocks that are due ring, whatever a test calls the present
HURRY = Pace(opening=(0.02, 0.05), first=(0.05, 0.1), later=(0.1, 0.2), thinking=(0.01, 0.05))


@dataclass(slots=True)
class Stage:
    """A service, and its demo that nobody has asked for yet."""

    serving: Serving
    show: Show

    @property
    def unit(self) -> Callable[[], AbstractAsyncContextManager[Unit]]:
        return self.serving.service.services.units.reading

    async def tickets(self) -> list[Ticket]:
        """Return every ticket, by number."""
        found, after = list[Ticket](), None
        async with self.unit() as unit:
            while True:
                query = TicketQuery(EVERYTHING, view=View.ALL, sort=Sort.NEWEST, limit=100, after=after)
                page = await unit.tickets.page(query)
                found += page.items
                if (after := page.next) is None:
                    return sorted(found, key=lambda ticket: ticket.number)

    async def fill(self, seed: int = 1, *, past: timedelta = timedelta(hours=12)) -> Memory:
        """Tell the past of a story, with its far ends there; return what is remembered."""
        backstage = self.show.backstage
        memory = Memory(NOW, seed=seed)
        async with far_ends(memory.ports, memory.secret, now=NOW) as ends:
            async with backstage.units() as unit:
                inboxes = await stage.set_stage(unit, backstage.inboxes, memory.secret, ends.ports, now=NOW)
            memory = replace(memory, ports=ends.ports, inboxes=inboxes)
            await fill(backstage, memory, past=past)
        return memory


NewStage = Callable[[], AbstractAsyncContextManager[Stage]]


@pytest.fixture
def new_stage(template: str, tmp_path: Path) -> NewStage:
    """Give services on fresh databases."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Stage]:
        name = f"test_{uuid4().hex}"
        dsn = await create_database(dsn_of(template, "inbox"), name, template="template_of_tests")
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        async with serving(dsn, folder) as running:
            here = running.service.services
            backstage = Backstage(here.door, here.blobs, folder, running.url, running.service.places, HURRY)
            yield Stage(running, Show(backstage))
        await drop_database(dsn_of(template, "inbox"), name)

    return opened


@pytest.fixture
async def staged(new_stage: NewStage) -> AsyncIterator[Stage]:
    """A service whose demo is ready to be started."""
    async with new_stage() as stage, asyncio.TaskGroup() as group:
        running = group.create_task(stage.show.run())
        yield stage
        running.cancel()
