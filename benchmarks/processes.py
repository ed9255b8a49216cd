"""Programs under measurement: started, watched by /proc, stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0  # seconds until a program must answer


def say(text: str) -> None:
    """Tell whoever waits how far it is; stdout is for the figures alone."""
    print(text, file=sys.stderr, flush=True)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Program:
    """A running program and the database cluster that belongs to it."""

    port: int
    pid: int
    cluster: Path
    output: Path

    def cpu(self) -> float:
        """Return the CPU seconds that the program and all processes of its database have used so far."""
        return _used(self.pid) + working(self.cluster)

    def cpu_of_service(self) -> float:
        """Return the CPU seconds of the program alone."""
        return _used(self.pid)

    def cpu_of_helpers(self) -> float:
        """Return the CPU seconds of the processes that it has started, where its database is not one of them."""
        return sum(_used(pid) for pid in _children(self.pid)) + _buried(self.pid)

    def memory(self) -> int:
        """Return the resident bytes of the program alone."""
        return resident(self.pid)

    def memory_with_helpers(self) -> int:
        """Return the resident bytes of the program and of the processes that it has started."""
        return resident(self.pid) + sum(resident(pid) for pid in _children(self.pid))


def resident(pid: int | None = None) -> int:
    """Return the resident bytes of a process, of this one if none is named."""
    pages = int((_PROC / str(pid or "self") / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def running(
    command: Sequence[str], *, port: int, cluster: Path, output: Path, environ: dict[str, str]
) -> AsyncIterator[Program]:
    """Run a program until the block ends; it is there once its port answers."""
    with output.open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | environ
        )
    try:
        await _listening(port, process, output)
        yield Program(port, process.pid, cluster, output)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


async def _listening(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not await answers(port):
            assert process.poll() is None, f"it ended; see {output}"
            await asyncio.sleep(0.01)


async def answers(port: int) -> bool:
    """Tell whether something on this port answers HTTP."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
    try:
        async with asyncio.timeout(5):
            return (await reader.readline()).startswith((b"HTTP/1.1 200", b"HTTP/1.1 404"))
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()


def working(cluster: Path) -> float:
    """Return the CPU seconds that all processes of a database have used so far."""
    servers = _working_in(cluster)
    return sum(_used(pid) for pid in servers) + sum(_buried(pid) for pid in servers)


def _children(pid: int) -> list[int]:
    tasks = (_PROC / str(pid) / "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _working_in(folder: Path) -> list[int]:
    return [int(entry.name) for entry in _PROC.glob("[1-9]*") if _works_in(entry, folder)]


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").samefile(folder)
    except OSError:
        return False


def _used(pid: int) -> float:
    """Return what the living threads used; schedstat counts nanoseconds, stat only hundredths of a second."""
    try:
        threads = [(task / "schedstat").read_text() for task in (_PROC / str(pid) / "task").iterdir()]
    except OSError:
        return 0.0
    return sum(int(line.split()[0]) for line in threads) / 1e9


def _buried(pid: int) -> float:
    """Return what children used that have ended: autovacuum's workers come and go."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / _TICKS
