"""From a ticket's webhook to the screen of the manager who was given it: 200 managers, 50 new tickets a second.

The floor beside it does the same durable work, one insert and one frame on each of 200 sockets; whose frame counts
goes round.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import orjson

from benchmarks.ingest import Crowd, both
from benchmarks.load import as_fast_as_it_goes, at_rate
from benchmarks.processes import Program, say
from benchmarks.service import Desk, Site, hire, keep_alive
from benchmarks.wire import Socket, request

MANAGERS = 200  # ten comments fill each of them
RATE = 50.0
_WARM, _TICKETS, _FAST = 200, 1_000, 600
_REST = 1.0  # seconds between two looks whether all frames of a phase are there
_PATIENCE = 60.0
_GIVEN = re.compile(rb'"subject":"Update ([0-9]+)".{0,400}?"assignee_id":"([0-9a-f-]{36})"')


class _Own(Desk):
    """A screen that remembers when its manager's tickets were on it."""

    def __init__(self, manager_id: str = "") -> None:
        super().__init__()
        self._manager_id = manager_id.encode()
        self.given: dict[int, float] = {}

    def hear(self, at: float, payload: bytes) -> None:
        super().hear(at, payload)
        assert not payload.startswith(b'{"type":"resync"'), "a screen fell behind: the machine is too busy to measure"
        if self._manager_id in payload:
            for thread, owner in _GIVEN.findall(payload):
                if owner == self._manager_id:
                    self.given.setdefault(int(thread), at)


class _Bare(Desk):
    """A socket of the floor, which remembers when each frame came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []

    def hear(self, at: float, payload: bytes) -> None:
        self.came.append(at)


async def measure() -> dict[str, Any]:
    """Return the figures."""
    async with both() as (at, floor):
        crowd = Crowd()
        desks, screens = await _open(at)
        async with asyncio.TaskGroup() as group:
            pings = group.create_task(keep_alive(screens))
            ours, rate = await _ours(at, crowd, desks)
            pings.cancel()
        for screen in screens:
            screen.close()
        theirs, their_rate = await _floor(floor, crowd)
    return {
        "on_screen_p99_ms": _quantile(ours, 0.99),
        "on_screen_p50_ms": _quantile(ours, 0.5),
        "assignments_per_s": round(rate),
        "ratio": round(median(ours) / median(theirs), 2),
        "floor": {
            "on_screen_p99_ms": _quantile(theirs, 0.99),
            "on_screen_p50_ms": _quantile(theirs, 0.5),
            "inserts_per_s": round(their_rate),
        },
    }


async def _open(at: Site) -> tuple[list[_Own], list[Socket]]:
    say(f"hiring {MANAGERS} managers")
    cookies = await hire(at, MANAGERS)
    desks = [_Own((await at.call("GET", "/api/v1/me", cookie=cookie))["id"]) for cookie in cookies]
    await at.call("PATCH", "/api/v1/me", {"availability": "offline"})  # the administrator has no screen here
    screens = [await desk.open(at.program.port, cookie) for desk, cookie in zip(desks, cookies, strict=True)]
    for screen in screens:
        screen.say({"type": "presence", "availability": "online"})
    await asyncio.sleep(_REST)
    return desks, screens


async def _ours(at: Site, crowd: Crowd, desks: Sequence[_Own]) -> tuple[list[float], float]:
    """Return how long each ticket took, and how many a second are given as fast as it goes."""
    found: list[float] = []
    for number in (_WARM, _TICKETS):
        first = crowd.threads
        phase = await at_rate(at.program, [at.comment(crowd.begins()) for _ in range(number)], RATE)
        given = await _all_given(desks, first + number)
        found = sorted(given[first + n] - (phase.started + n / RATE) for n in range(number))
        say(f"  {number} tickets, p50 {_quantile(found, 0.5)} ms, p99 {_quantile(found, 0.99)} ms")
    first = crowd.threads
    started = time.perf_counter()
    await as_fast_as_it_goes(at.program, [at.comment(crowd.begins()) for _ in range(_FAST)])
    given = await _all_given(desks, first + _FAST)
    return found, _FAST / (max(given[thread] for thread in range(first, first + _FAST)) - started)


async def _all_given(desks: Sequence[_Own], number: int) -> dict[int, float]:
    """Return when each of so many tickets was on the screen of whoever has it, once all are."""
    given: dict[int, float] = {}
    async with asyncio.timeout(_PATIENCE):
        while len(given) < number:
            await asyncio.sleep(_REST)
            given = {thread: at for desk in desks for thread, at in desk.given.items()}
            say(f"  {len(given)} of {number} given")
    return given


async def _floor(floor: Program, crowd: Crowd) -> tuple[list[float], float]:
    desks = [_Bare() for _ in range(MANAGERS)]
    sockets = [await Socket.connect(floor.port, "/live", desk.hear) for desk in desks]
    body = [request("POST", "/comments", orjson.dumps(crowd.begins())) for _ in range(_TICKETS)]
    phase = await at_rate(floor, body, RATE)
    await asyncio.sleep(_REST)
    took = [desks[n % MANAGERS].came[n] - (phase.started + n / RATE) for n in range(_TICKETS)]
    fast = await as_fast_as_it_goes(floor, body[:_FAST])
    for socket in sockets:
        socket.close()
    return sorted(took), fast.rate


def _quantile(seconds: Sequence[float], share: float) -> float:
    return round(seconds[min(int(len(seconds) * share), len(seconds) - 1)] * 1000, 2)
