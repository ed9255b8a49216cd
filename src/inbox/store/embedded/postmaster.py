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
from inbox.store.embedded.home import SOCKET, Home

_START = timedelta(minutes=5)  # replaying the log after a power cut may take its time
_STOP = timedelta(seconds=60)
_HURRY = timedelta(seconds=10)
_MOMENT = timedelta(seconds=1)


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
    _bury(home)
    early = home.logs / "start.log"
    early.unlink(missing_ok=True)
    # pg_ctl starts the server by a shell and quotes little, so it is given no path that may hold a quote or a dollar.
    arguments = ("-w", "-s", "-t", _seconds(_START), "-D", home.cluster.name, "-l", f"{home.logs.name}/{early.name}")
    ended = cluster.person.run("pg_ctl", "start", *arguments, cwd=home.folder)
    if ended.returncode != 0:
        raise refusal(home, ended.stderr + _last_words(home.logs))


def stop(cluster: Cluster, *, patience: timedelta = _STOP, hurry: timedelta = _HURRY) -> None:
    """Stop the server: politely to its clients, then less so, and wait until it is gone."""
    folder = cluster.home.cluster
    pid = running(folder)
    for mode, wait in (("fast", patience), ("immediate", hurry)):
        if pid is None or not _serves(pid, folder):
            return
        arguments = ("-w", "-s", "-t", _seconds(wait), "-m", mode, "-D", str(folder))
        cluster.person.run("pg_ctl", "stop", *arguments)
        # Its sign goes a moment before the server itself.
        _gone(pid, folder, within=_MOMENT)
    if pid is not None and not _gone(pid, folder, within=_MOMENT):
        _kill(pid, folder)


def _bury(home: Home) -> None:
    """Clear away what a killed server leaves: its sessions, its socket, and its process id, a stranger's by now."""
    if running(home.cluster) is not None:
        return
    # A session outlives its server until it looks up, and must not write beside a new one.
    for pid in _numbers():
        if _serves(pid, home.cluster):
            _kill(pid, home.cluster)
    for name in (SOCKET, f"{SOCKET}.lock"):
        (home.sockets / name).unlink(missing_ok=True)
    sign = home.cluster / "postmaster.pid"
    if sign.exists():
        # The number may be a stranger's by now, whom PostgreSQL would take for a server. Ours it knows to be none, as
        # pg_ctl's parent; the other lines must stay, by them it looks for memory that is still in use.
        _, *lines = sign.read_text().split("\n")
        sign.write_text("\n".join((str(os.getpid()), *lines)))


def _numbers() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[1-9]*")] if sys.platform == "linux" else []


def _kill(pid: int, cluster: Path) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if not _gone(pid, cluster, within=_HURRY):
        raise DatabaseUnavailable(f"The database server of {cluster} (process {pid}) cannot be stopped.")


def _gone(pid: int, cluster: Path, *, within: timedelta) -> bool:
    deadline = time.monotonic() + within.total_seconds()
    while _serves(pid, cluster):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


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
