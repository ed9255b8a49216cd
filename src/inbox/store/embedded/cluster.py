"""The private server's files: made once, checked and set up at every start."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inbox.errors import DatabaseUnavailable, DatabaseVersionMismatch, DataDirUnusable, DiskFull, StartRefused
from inbox.files import make_private, sync_folder, told, write_private
from inbox.store.embedded.binaries import MAJOR, Person
from inbox.store.embedded.home import Home, new_password, read_password

_INITDB = (
    "--username=postgres",
    # Nobody signs in as the superuser, neither us: the roles below are made without a server.
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    # The same order of texts on every machine, whatever its C library; the wheel has no ICU.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Megabytes of log in a file. Whoever commits first into a new one waits until it is filled with zeros and synced,
    # and all others behind them: a quarter of the usual size is a quarter of that pause.
    "--wal-segsize=4",
)
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    # Short statements only: neither compiling nor a second process pays for itself, and containers lack /dev/shm.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    # Outbox and clocks are small tables that change all day.
    "autovacuum": "on",
    "autovacuum_naptime": "20s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "iso, ymd",
    "default_text_search_config": "pg_catalog.simple",
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgresql-%Y-%m-%d-%H%M%S.log",
    "log_rotation_size": "10MB",
    "log_rotation_age": "7d",
    "log_checkpoints": "off",
    # Neither statements nor the rows that broke a rule: both hold what people wrote.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_HBA = "local all inbox scram-sha-256\n"
_LOGS_KEPT = 5
_FULL = ("No space left on device", "Disk quota exceeded", "could not extend file", "Check free disk space")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A database of our own on disk, and as whom its server runs."""

    home: Home
    person: Person
    password: str
    settings: Mapping[str, str]

    @property
    def configuration(self) -> str:
        """Return the whole of `postgresql.conf`."""
        every = {**_SETTINGS, "unix_socket_directories": str(self.home.sockets), **self.settings}
        lines = (f"{name} = '{text}'" for name, text in every.items())
        return "\n".join(("# Written at every start; use ALTER SYSTEM for settings of your own.", *lines, ""))


def open_cluster(home: Home, person: Person, settings: Mapping[str, str]) -> Cluster:
    """Return the cluster in `home`, a new one if there is none; refuse one of another version."""
    if not home.cluster.exists():
        return Cluster(home, person, _create(home, person), settings)
    with told(home.data_dir):
        found = (home.cluster / "PG_VERSION").read_text().strip()
    if found != str(MAJOR):
        raise DatabaseVersionMismatch(
            f"{home.cluster} is of PostgreSQL {found}, this program brings {MAJOR}: "
            "make a backup with the version of inbox that wrote it and restore that."
        )
    return Cluster(home, person, read_password(home), settings)


def is_current(cluster: Cluster) -> bool:
    """Say whether a server that runs already was started with our present settings."""
    with told(cluster.home.data_dir):
        return (cluster.home.cluster / "postgresql.conf").read_text() == cluster.configuration


def furnish(cluster: Cluster) -> None:
    """Write the settings, and make the folders that a start needs."""
    home, person = cluster.home, cluster.person
    for folder in (home.sockets, home.logs):
        make_private(folder, owner=home.folder.stat().st_uid if person.uid is None else person.uid)
        person.take(folder)
    for name, text in (("postgresql.conf", cluster.configuration), ("pg_hba.conf", _HBA)):
        write_private(home.cluster / name, text)
        person.take(home.cluster / name)
    for old in sorted(home.logs.glob("postgresql-*.log"))[:-_LOGS_KEPT]:
        old.unlink(missing_ok=True)


def refusal(home: Home, output: str) -> StartRefused:
    """Turn what PostgreSQL's programs said into one sentence."""
    if any(words in output for words in _FULL):
        return DiskFull(f"The disk of {home.data_dir} is full; free some space and start again.")
    reasons = [line for line in output.splitlines() if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    reason = (reasons or output.strip().splitlines() or ["no reason given"])[-1].strip()
    if "Permission denied" in reason or "Read-only file system" in reason:
        return DataDirUnusable(f"{home.data_dir} cannot be used: {reason}")
    return DatabaseUnavailable(f"The private database in {home.data_dir} did not start: {reason}")


def _create(home: Home, person: Person) -> str:
    # Made beside its place and renamed at the end, so that a kill leaves either nothing or a whole cluster.
    fresh = home.folder / "cluster.new"
    with told(home.data_dir):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        _let_pass(home.folder, person)
        person.take(fresh)
    password = new_password(home)
    _succeed(home, person.run("initdb", *_INITDB, "--pgdata", str(fresh)))
    _succeed(home, person.run(*_single_user(fresh), text=_roles(password)))
    with told(home.data_dir):
        fresh.replace(home.cluster)
        sync_folder(home.folder)
    return password


def _roles(password: str) -> str:
    # One statement a line: that is how a server without clients reads them.
    return (
        f"CREATE ROLE inbox LOGIN CREATEDB PASSWORD '{password}'\n"
        "GRANT pg_read_all_settings TO inbox\n"
        "CREATE DATABASE inbox OWNER inbox\n"
    )


def _single_user(folder: Path) -> tuple[str, ...]:
    return ("postgres", "--single", "-D", str(folder), "-c", "exit_on_error=on", "template1")


def _succeed(home: Home, ended: subprocess.CompletedProcess[str]) -> None:
    if ended.returncode != 0:
        raise refusal(home, ended.stdout + ended.stderr)


def _let_pass(folder: Path, person: Person) -> None:
    if person.uid is not None and folder.stat().st_uid != person.uid:
        folder.chmod(0o711)
