"""Runs the service: uvicorn and the loops in one process, until told to stop."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace

import structlog
import uvicorn

from inbox.api.heads import Heads
from inbox.api.sockets import Sockets
from inbox.app.links import first_run_link
from inbox.bootstrap import Service, composed, running
from inbox.demo.backstage import Backstage
from inbox.demo.show import Show
from inbox.foundation import Foundation
from inbox.logs import configure
from inbox.settings import Settings, read_settings
from inbox.signals import heed
from inbox.worker.runner import Loop, run_all

log = structlog.get_logger()

_DRAIN = 5  # seconds that open requests have to end
_INVITATION = """
  Crowd Inbox with demo data: a made-up platform, and a small crowd that keeps writing.

    Desk       {site}
    E-mail     {email}
    Passphrase {password}

  Write as a visitor: the desk links to the page with the chat widget. Ctrl-C stops it; the next start goes on.
"""


async def serve(foundation: Foundation, *, with_work: bool) -> int:
    """Serve the API and the desk, with the work beside it unless other processes do it."""
    settings = foundation.settings
    async with composed(settings, foundation.database) as bare:
        service, _ = _with_demo(bare, settings)
        await _welcome(service, settings)
        loops = service.loops | (service.work if with_work else {})
        await _until_told(_server(service), foundation.listener, loops)
    return 0


async def demo(foundation: Foundation) -> int:
    """Serve a believable platform with a crowd that keeps writing."""
    settings = foundation.settings
    async with composed(settings, foundation.database) as bare:
        service, show = _with_demo(bare, settings)
        sign_in = await show.open()
        print(_INVITATION.format(site=settings.site, **asdict(sign_in)), flush=True)  # noqa: T201 - to the terminal
        await _until_told(_server(service), foundation.listener, service.loops | service.work)
    return 0


async def work() -> int:
    """Only deliver, fetch, ring and assign."""
    settings = read_settings()
    configure(settings.log_level)
    async with running(settings) as bare:
        service, _ = _with_demo(bare, settings)
        stop = asyncio.Event()
        heed(lambda _: stop.set())
        async with asyncio.TaskGroup() as group:
            loops = group.create_task(run_all(service.loops | service.work))
            await stop.wait()
            loops.cancel()
    return 0


def _with_demo(bare: Service, settings: Settings) -> tuple[Service, Show]:
    """Return the service with a demo that can be asked for; it goes on if there is one."""
    here = bare.services
    show = Show(Backstage(here.door, here.blobs, settings.data_dir, settings.own_address, bare.places))
    services = replace(here, edge=replace(here.edge, demo=show))
    return replace(bare, services=services, work=bare.work | {"demo": show.run}), show


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn ends the process by the one it got, before anything else is put away."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        heed(lambda number: self.handle_exit(number, None))
        yield


def _server(service: Service) -> uvicorn.Server:
    config = uvicorn.Config(
        service.app(),
        loop="uvloop",
        http=Heads,
        ws=Sockets,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # costs 50 KiB a socket and half of the sending speed
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the gate decides whom to believe
        timeout_graceful_shutdown=_DRAIN,
        backlog=2048,
    )
    return _Server(config)


async def _until_told(server: uvicorn.Server, listener: socket.socket, loops: Mapping[str, Loop]) -> None:
    """Serve until a signal comes, SIGINT or SIGTERM."""
    _calm_collector()
    async with asyncio.TaskGroup() as group:
        beside = group.create_task(run_all(loops))
        await server.serve(sockets=[listener])
        beside.cancel()


def _calm_collector() -> None:
    """Keep the garbage collector from walking what never goes away: it was five eighths of the p99."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def _welcome(service: Service, settings: Settings) -> None:
    link = await first_run_link(service.services.units, site=settings.site, now=service.services.clock())
    if link is not None:
        print(f"\n  Welcome to Crowd Inbox. Create the first administrator here:\n\n    {link}\n", flush=True)  # noqa: T201
    else:
        print(f"\n  Crowd Inbox is at {settings.site}\n", flush=True)  # noqa: T201 - this is where it speaks to a terminal
