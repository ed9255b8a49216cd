"""Traffic: one request after the other, at a fixed rate, or as fast as it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.processes import Program
from benchmarks.service import connections
from benchmarks.wire import Http

_SETTLE = 0.3  # seconds in which frames still arrive and loops come to rest
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Phase:
    """What one phase cost."""

    latencies: tuple[float, ...]  # seconds, sorted
    cpu: float  # seconds for each request
    rate: float  # requests a second
    started: float  # by time.perf_counter()

    def quantile(self, share: float) -> float:
        """Return the latency that this share stayed below, in milliseconds."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


async def one_at_a_time(program: Program, requests: Sequence[bytes]) -> Phase:
    """Send each request when the one before is answered."""
    return await _phase(program, requests, 1)


async def as_fast_as_it_goes(program: Program, requests: Sequence[bytes]) -> Phase:
    """Keep all connections busy."""
    return await _phase(program, requests, _CONNECTIONS)


async def at_rate(program: Program, requests: Sequence[bytes], rate: float) -> Phase:
    """Send a request every so often, whether or not those before are answered; latency counts from when it was due."""
    wires = await connections(program.port, _CONNECTIONS)
    free: asyncio.Queue[Http] = asyncio.Queue()
    for wire in wires:
        free.put_nowait(wire)
    latencies: list[float] = []
    cpu, started = program.cpu(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n, request in enumerate(requests):
            due = started + n / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            group.create_task(_one(free, request, due, latencies))
    return await _finished(program, wires, latencies, cpu, started)


async def _one(free: asyncio.Queue[Http], request: bytes, due: float, latencies: list[float]) -> None:
    wire = await free.get()
    status, answer = await wire.ask(request)
    latencies.append(time.perf_counter() - due)
    free.put_nowait(wire)
    assert status == 202, (status, answer)


async def _phase(program: Program, requests: Sequence[bytes], parallel: int) -> Phase:
    wires = await connections(program.port, parallel)
    latencies: list[float] = []
    left = iter(requests)
    cpu, started = program.cpu(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for wire in wires:
            group.create_task(_work_off(wire, left, latencies))
    return await _finished(program, wires, latencies, cpu, started)


async def _work_off(wire: Http, left: Iterator[bytes], latencies: list[float]) -> None:
    for request in left:
        sent = time.perf_counter()
        status, answer = await wire.ask(request)
        latencies.append(time.perf_counter() - sent)
        assert status == 202, (status, answer)


async def _finished(
    program: Program, wires: Sequence[Http], latencies: list[float], cpu: float, started: float
) -> Phase:
    took = time.perf_counter() - started
    await asyncio.sleep(_SETTLE)
    used = program.cpu() - cpu
    for wire in wires:
        wire.close()
    return Phase(tuple(sorted(latencies)), used / len(latencies), len(latencies) / took, started)
