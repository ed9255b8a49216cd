"""The whole service inside a test's loop: real sockets, a real database, the parts that the program has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from inbox.api.heads import Heads
from inbox.api.sockets import Sockets
from inbox.bootstrap import Service, running
from inbox.settings import Settings
from inbox.worker.runner import run_all


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that answers."""

    url: str
    service: Service

    @property
    def live_url(self) -> str:
        """Return where screens connect."""
        return self.url.replace("http", "ws", 1) + "/api/v1/live"


@asynccontextmanager
async def serving(dsn: str, folder: Path, *, undo_seconds: int = 0) -> AsyncIterator[Serving]:
    """Serve on a free port of 127.0.0.1 until the test ends; the crowd's far ends may be there too.

    Mails leave at once, unless the test is about taking them back.
    """
    settings = Settings(
        data_dir=folder, database_url=SecretStr(dsn), http_allow=("127.0.0.1",), undo_seconds=undo_seconds
    )
    async with running(settings) as service:
        config = uvicorn.Config(service.app(), port=0, http=Heads, ws=Sockets, log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the test's signals stay its own
        async with asyncio.TaskGroup() as group:
            loops = group.create_task(run_all(service.loops | service.work))
            answering = group.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield Serving(f"http://127.0.0.1:{port}", service)
            finally:
                server.should_exit = True
                await answering
                loops.cancel()
