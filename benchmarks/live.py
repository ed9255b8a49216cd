"""`live`: from a webhook to the frame on a manager's screen.

At 300 comments a second with 20 screens open: how long until one of them shows it. Then one comment to 1,000 screens of
differing grants, a tenth of which may not see it: how long until the last has it, against a bare loop over as many
sockets.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.ingest import MANAGERS, RATE, Crowd, both, fill
from benchmarks.load import at_rate
from benchmarks.processes import Program, say
from benchmarks.service import Desk, Site, hire
from benchmarks.wire import Http, Socket, request

_SCREENS = 50  # of each manager
_BLIND = 2  # managers who may not see the inbox: a tenth
_COMMENTS, _WARM = 1_500, 300
_REST = 5.0  # seconds in which those who just came are given their tickets
_ROUNDS, _EVENTS = 3, 7
_ID = re.compile(rb'"external_id":"(c-[0-9]+)"')


class _Watch(Desk):
    """A screen that remembers when each comment came."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, float] = {}

    def hear(self, at: float, payload: bytes) -> None:
        super().hear(at, payload)
        for found in _ID.findall(payload):
            self.seen.setdefault(found.decode(), at)


async def measure() -> dict[str, Any]:
    """Return the figures."""
    async with both() as (at, floor):
        crowd = Crowd()
        await fill(at, crowd, 1_000)
        cookies = await hire(at, MANAGERS, blind=_BLIND)
        latencies = await _latencies(at, crowd, cookies)
        ours, theirs = await _fan_outs(at, floor, crowd, cookies)
    return {
        "p50_ms": round(median(latencies) * 1000, 3),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 3),
        "ratio_fanout": round(median(a / b for a, b in zip(ours, theirs, strict=True)), 2),
        "fanout_ms": round(median(ours) * 1000, 2),
        "floor": {"fanout_ms": round(median(theirs) * 1000, 2)},
    }


async def _latencies(at: Site, crowd: Crowd, cookies: Sequence[str]) -> list[float]:
    watch = _Watch()
    desks = [watch, *(Desk() for _ in cookies[1:])]
    screens = [await desk.open(at.program.port, cookie) for desk, cookie in zip(desks, cookies, strict=True)]
    await asyncio.sleep(_REST)
    found: list[float] = []
    for number in (_WARM, _COMMENTS):
        events = [crowd.goes_on() for _ in range(number)]
        phase = await at_rate(at.program, [at.comment(event) for event in events], RATE)
        ids = [event["data"]["comment"]["id"] for event in events]
        found = sorted(watch.seen[comment] - (phase.started + n / RATE) for n, comment in enumerate(ids))
        say(f"  {number} comments, p50 {median(found) * 1000:.2f} ms")
        await asyncio.sleep(_REST)
    for screen in screens:
        screen.close()
    return found


async def _fan_outs(at: Site, floor: Program, crowd: Crowd, cookies: Sequence[str]) -> tuple[list[float], list[float]]:
    say(f"opening {len(cookies) * _SCREENS} screens twice")
    seeing = [Desk() for _ in range((len(cookies) - _BLIND) * _SCREENS)]
    blind = [_Watch() for _ in range(_BLIND * _SCREENS)]
    held = [await desk.open(at.program.port, cookies[n // _SCREENS]) for n, desk in enumerate([*seeing, *blind])]
    bare = [Desk() for _ in seeing]
    held += [await Socket.connect(floor.port, "/live", desk.hear) for desk in bare]
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        sent = [await _fan_out(at.program, at.comment(crowd.goes_on()), seeing) for _ in range(_EVENTS)]
        ours.append(median(sent))
        frame = request("POST", "/comments", seeing[0].last)
        theirs.append(median([await _fan_out(floor, frame, bare) for _ in range(_EVENTS)]))
        say(f"  last of {len(seeing)}: {ours[-1] * 1000:.1f} / {theirs[-1] * 1000:.1f} ms")
    # That a contact changed is told to all, by its id alone.
    assert not any(desk.seen for desk in blind), "somebody saw what they may not"
    for socket in held:
        socket.close()
    return ours, theirs


async def _fan_out(program: Program, post: bytes, desks: Sequence[Desk]) -> float:
    """Return how long it takes until the last desk has the frame."""
    before = [desk.frames for desk in desks]
    wire = await Http.connect(program.port)
    sent = time.perf_counter()
    status, _answer = await wire.ask(post)
    assert status == 202
    async with asyncio.timeout(30):
        while any(desk.frames == n for desk, n in zip(desks, before, strict=True)):  # noqa: ASYNC110 - costs the desks nothing
            await asyncio.sleep(0.01)
    wire.close()
    await asyncio.sleep(0.1)
    return max(desk.came_at for desk in desks) - sent
