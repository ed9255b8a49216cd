"""The installed program as a process of its own: started, killed, started again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx

INBOX = Path(sys.executable).with_name("inbox")
# Compiled once, as an installed program is: most of a start would else be spent on it.
_BYTECODE = {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"crowd-inbox-bytecode-{os.getuid()}")}
_LOST = re.compile(
    "unexpected EOF on client connection with an open transaction|"
    "connection to client lost|could not send data to client"
)
_READY_WITHIN = 40.0  # seconds, on a machine that does other things as well


def environment(**variables: str) -> dict[str, str]:
    """What the program inherits: nothing of ours but what is named."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INBOX_", "PYTHONDONTWRITE"))}
    return kept | _BYTECODE | {f"INBOX_{name.upper()}": value for name, value in variables.items()}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the program to its end."""
    return subprocess.run(
        [INBOX, *arguments], env=environment(**variables), capture_output=True, text=True, check=False, timeout=60
    )


@dataclass(slots=True)
class Program:
    """`inbox serve` in a data folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    database: str | None = None  # one that several programs share; none: its own
    data: Path | None = None  # likewise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        shared = {"database_url": self.database} if self.database else {}
        return shared | {
            "data_dir": str(self.data or self.folder / "var"),
            "port": str(self.port),
            "public_url": self.url,
            "http_allow": "127.0.0.1",
            "undo_seconds": "0",  # these tests wait for mails, and take none back
        }

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [INBOX, "serve"], env=environment(**self.variables), stdout=said, stderr=subprocess.STDOUT
            )
        await self.is_ready()

    async def is_ready(self) -> None:
        async with asyncio.timeout(_READY_WITHIN), httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while True:
                assert self.process is not None
                assert self.process.poll() is None, self.said
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Kill it as a machine does that is out of memory."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """Ask it to end; return with which status it did."""
        if self.process is None or self.process.poll() is not None:
            return 0 if self.process is None else int(self.process.returncode)
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def lost_transactions(self) -> int:
        """Return how many sessions the database lost in the middle of something, by its own log."""
        logs = (self.folder / "var" / "pg" / "log").glob("postgresql-*.log")
        return sum(len(_LOST.findall(log.read_text(encoding="utf-8", errors="replace"))) for log in logs)

    def setup_token(self) -> str:
        """Return the token of the link that the first start prints."""
        found = re.search(r"/#/setup/(\S+)", self.said)
        assert found, self.said
        return found[1]
