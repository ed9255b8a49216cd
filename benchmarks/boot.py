"""`boot`: how long until `/readyz` answers, in an empty folder and with data, and what an idle process holds."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processes import say
from benchmarks.service import serving

_ROUNDS = 3
_IDLE = 3.0  # seconds until a process has come to rest


async def measure() -> dict[str, Any]:
    """Return the figures."""
    empty, again, resident = [], [], []
    for _ in range(_ROUNDS):
        with TemporaryDirectory(prefix="benchmark-") as name:
            empty.append((await _boot(Path(name)))[0])
            seconds, held = await _boot(Path(name))
        again.append(seconds)
        resident.append(held)
        say(f"  empty {empty[-1]:.2f} s, with data {again[-1]:.2f} s, {resident[-1]:.0f} MiB")
    return {
        "empty_s": round(median(empty), 2),
        "with_data_s": round(median(again), 2),
        "rss_mib": round(median(resident), 1),
    }


async def _boot(folder: Path) -> tuple[float, float]:
    started = time.perf_counter()
    async with serving(folder) as program:
        seconds = time.perf_counter() - started
        await asyncio.sleep(_IDLE)
        return seconds, program.memory() / 2**20
