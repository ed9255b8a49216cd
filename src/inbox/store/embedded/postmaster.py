"""The running server: found, started and stopped by its data folder."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from inbox.errors import DatabaseUnavailable
from inbox.store.embedded.cluster import Cluster, furnish, refusal

_START = timedelta(minutes=5)  # replaying the log after a power cut may take its time
_STOP = timedelta(seconds=60)
_HURRY = timedelta(seconds=10)


def running(cluster: Path) -> int | None:
    """Return the process id of the server of `cluster`, if one runs."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if _serves(pid, cluster) else None


def start(cluster: Cluster) -> None:
    """Start the server and wait until it takes connections."""
    furnish(cluster)
    home = cluster.home
    if running(home.cluster) is None:
        # After a restart of the machine its number may belong to a stranger, whom PostgreSQL would take for itself.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
    early = home.logs / "start.log"
    early.unlink(missing_ok=True)
    arguments = ("-w", "-s", "-t", _seconds(_START), "-D", str(home.cluster), "-l", str(early))
    ended = cluster.person.run("pg_ctl", "start", *arguments)
    if ended.returncode != 0:
        raise refusal(home, ended.stderr + _last_words(home.logs))


def stop(cluster: Cluster, *, patience: timedelta = _STOP) -> None:
    """Stop the server: politely to its clients, then less so, and wait until it is gone."""
    for mode, wait in (("fast", patience), ("immediate", _HURRY)):
        if running(cluster.home.cluster) is None:
            return
        arguments = ("-w", "-s", "-t", _seconds(wait), "-m", mode, "-D", str(cluster.home.cluster))
        cluster.person.run("pg_ctl", "stop", *arguments)
    _kill(cluster.home.cluster)


def _kill(cluster: Path) -> None:
    deadline = time.monotonic() + _HURRY.total_seconds()
    while pid := running(cluster):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"The database server of {cluster} (process {pid}) cannot be stopped.")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _serves(pid: int, cluster: Path) -> bool:
    if sys.platform == "linux":
        # A server works in its data folder; the number alone may have been given to somebody else.
        try:
            return Path(f"/proc/{pid}/cwd").samefile(cluster)
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _last_words(logs: Path) -> str:
    newest = sorted(logs.glob("postgresql-*.log"))[-1:]
    return "".join(_tail(path) for path in (logs / "start.log", *newest))


def _tail(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-10_000:]
    except FileNotFoundError:
        return ""


def _seconds(wait: timedelta) -> str:
    return str(int(wait.total_seconds()))
