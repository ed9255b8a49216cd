"""`ingest`: an inbound signed comment, until it is committed and acknowledged.

10,000 open tickets, 20 managers online with their screens open. Nine comments of ten continue a thread, one begins a
new one; half of the authors are new. Service and floor take turns in one run, each on its own server of the same
PostgreSQL; the floor sends one frame, the service twenty. The figures are medians over the rounds.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.load import Phase, as_fast_as_it_goes, at_rate, one_at_a_time
from benchmarks.processes import Program, free_port, running, say
from benchmarks.service import Desk, Site, hire, keep_alive, site
from benchmarks.wire import Socket, request
from inbox.store.embedded import stop
from inbox.testing.database import start_private_server
from inbox.testing.hooks import comment_event

TICKETS = 10_000
MANAGERS = 20
ROUNDS = 5
RATE = 300.0
_ALONE, _LOAD, _FAST = 500, 1_200, 1_500  # requests of a phase


class Crowd:
    """Writes comments; the same seed writes the same ones."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a crowd, not a secret
        self._comments = 0
        self.threads = 0

    def begins(self) -> dict[str, Any]:
        """Return the first comment of a new thread."""
        self.threads += 1
        return self._event(self.threads - 1)

    def goes_on(self) -> dict[str, Any]:
        """Return a comment as they come: most in threads that are there."""
        if self._random.random() < 0.1:
            return self.begins()
        return self._event(self._random.randrange(self.threads))

    def _event(self, thread: int) -> dict[str, Any]:
        self._comments += 1
        author = self._random.randrange(TICKETS) if self._random.random() < 0.5 else TICKETS + self._comments
        return comment_event(
            f"c-{self._comments}",
            "Wann kommt die Auszahlung? Ich habe im März unterstützt und noch nichts gehört. " * 2,
            thread=f"update-{thread}",
            author=f"u-{author}",
            name=f"Person {author}",
            reply_url="https://mitmachwerk.example/replies",
            at=datetime.now(UTC),
        )


@dataclass(frozen=True, slots=True)
class Round:
    """Service and floor, one right after the other."""

    service: Phase
    floor: Phase


async def measure() -> dict[str, Any]:
    """Return the figures."""
    async with both() as (at, floor):
        crowd = Crowd()
        await fill(at, crowd)
        cookies = await hire(at, MANAGERS)
        screens = [await Desk().open(at.program.port, cookie) for cookie in cookies]
        async with asyncio.TaskGroup() as group:
            pings = group.create_task(keep_alive(screens))
            figures = await _figures(at, floor, crowd)
            pings.cancel()
        for screen in screens:
            screen.close()
        return figures


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Site, Program]]:
    """Run the service and the floor, each with a server of its own; the floor has one screen open."""
    with TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        async with floor_program(folder) as floor, site(folder) as at:
            screen = await Socket.connect(floor.port, "/live", lambda _at, _text: None)
            yield at, floor
            screen.close()


@asynccontextmanager
async def floor_program(folder: Path) -> AsyncIterator[Program]:
    """Run the floor on a server with the settings of the service's own."""
    server = await start_private_server(folder / "floor", settings={})
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.floor", server.dsn, str(port)]
    cluster = folder / "floor" / "pg" / "cluster"
    try:
        async with running(command, port=port, cluster=cluster, output=folder / "floor.log", environ={}) as program:
            yield program
    finally:
        await stop(server)


async def fill(at: Site, crowd: Crowd, tickets: int = TICKETS) -> None:
    """Open tickets, each by a comment of its own."""
    say(f"opening {tickets} tickets")
    for _ in range(0, tickets, 1_000):
        phase = await as_fast_as_it_goes(at.program, [at.comment(crowd.begins()) for _ in range(1_000)])
        say(f"  {phase.rate:.0f}/s")


async def _figures(at: Site, floor: Program, crowd: Crowd) -> dict[str, Any]:
    alone, load, fast = [], [], []
    await _round(at, floor, crowd, "alone", 300)  # warms both up
    for n in range(ROUNDS):
        say(f"round {n + 1} of {ROUNDS}")
        alone.append(await _round(at, floor, crowd, "alone", _ALONE))
        load.append(await _round(at, floor, crowd, "load", _LOAD))
        fast.append(await _round(at, floor, crowd, "fast", _FAST))
    return {
        "ratio_cpu": _ratio([(r.service.cpu, r.floor.cpu) for r in alone]),
        "ratio_cpu_load": _ratio([(r.service.cpu, r.floor.cpu) for r in load]),
        "ratio_p50": _ratio([(r.service.quantile(0.5), r.floor.quantile(0.5)) for r in alone]),
        **_absolute([r.service for r in alone], [r.service for r in load], [r.service for r in fast]),
        "floor": _absolute([r.floor for r in alone], [r.floor for r in load], [r.floor for r in fast]),
    }


async def _round(at: Site, floor: Program, crowd: Crowd, how: str, number: int) -> Round:
    events = [crowd.goes_on() for _ in range(number)]
    bare = [request("POST", "/comments", orjson.dumps(event)) for event in events]
    floor_phase = await _phase(floor, bare, how)
    phase = await _phase(at.program, [at.comment(event) for event in events], how)
    say(
        f"  {how}: {phase.cpu * 1e6:.0f} / {floor_phase.cpu * 1e6:.0f} us, "
        f"p50 {phase.quantile(0.5):.2f} / {floor_phase.quantile(0.5):.2f} ms"
    )
    return Round(phase, floor_phase)


async def _phase(program: Program, requests: list[bytes], how: str) -> Phase:
    if how == "alone":
        return await one_at_a_time(program, requests)
    if how == "load":
        return await at_rate(program, requests, RATE)
    return await as_fast_as_it_goes(program, requests)


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return round(median(ours / theirs for ours, theirs in pairs), 2)


def _absolute(alone: list[Phase], load: list[Phase], fast: list[Phase]) -> dict[str, Any]:
    return {
        "p50_ms": _middle(p.quantile(0.5) for p in alone),
        "p99_ms": _middle(p.quantile(0.99) for p in alone),
        "rps": round(median(p.rate for p in fast)),
        "cpu_us": round(median(p.cpu for p in alone) * 1e6),
        "cpu_us_load": round(median(p.cpu for p in load) * 1e6),
        "p50_ms_load": _middle(p.quantile(0.5) for p in load),
        "p99_ms_load": _middle(p.quantile(0.99) for p in load),
    }


def _middle(values: Iterable[float]) -> float:
    return round(float(median(values)), 3)
