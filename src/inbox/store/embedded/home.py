"""The private server's folder: what lies where, who may enter, and who owns it just now."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from inbox.errors import DatabaseUnavailable, DataDirInUse, DataDirUnusable
from inbox.files import read_private, told, write_private
from inbox.store.embedded.binaries import user_name

SOCKET = ".s.PGSQL.5432"
# sun_path holds 104 bytes on macOS and 108 on Linux, the closing NUL included. The folder also stands in a URL and in a
# list of PostgreSQL's settings, so a name that either would have to quote gets the short folder as well.
_SOCKET_PATH_LIMIT = 103
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class Home:
    """`pg/` in the data folder, private to its owner."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        return self.data_dir / "pg"

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def sockets(self) -> Path:
        """Return the folder of the socket: ours, or a short private one where ours has too long a name."""
        ours = self.folder / "run"
        if _PLAIN_PATH.fullmatch(str(ours)) and len(os.fsencode(ours / SOCKET)) <= _SOCKET_PATH_LIMIT:
            return ours
        token = sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return _short_base() / f"inbox-{os.geteuid()}-{token}"


@dataclass(frozen=True, slots=True)
class Lock:
    """The sign that this process owns the data folder; the kernel takes it away when the process dies."""

    descriptor: int

    def release(self) -> None:
        """Let somebody else own the folder."""
        os.close(self.descriptor)


def open_home(data_dir: Path) -> Home:
    """Make the folders that are missing, private ones."""
    with told(data_dir):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        home = Home(data_dir.resolve())
        _refuse_other_owner(home.data_dir)
        home.folder.mkdir(mode=0o700, exist_ok=True)
    return home


def claim(home: Home) -> Lock:
    """Own the folder until the lock is released or this process dies."""
    with told(home.data_dir):
        descriptor = os.open(home.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise DataDirInUse(f"{home.data_dir} is in use by another inbox (process {owner or 'unknown'}).") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return Lock(descriptor)


def new_password(home: Home) -> str:
    """Make the server's password and keep it before anything can need it."""
    password = secrets.token_urlsafe(32)
    write_private(home.password_file, password)
    return password


def read_password(home: Home) -> str:
    """Return the server's password, unless others may have read it."""
    with told(home.data_dir):
        try:
            return read_private(home.password_file)
        except FileNotFoundError as error:
            raise DatabaseUnavailable(
                f"{home.password_file} is missing, without which {home.cluster} does not open; "
                "restore it from a backup."
            ) from error


def _refuse_other_owner(data_dir: Path) -> None:
    # Whatever root wrote there, the owner could not open the next time.
    owner = data_dir.stat().st_uid
    if os.geteuid() == 0 and owner != 0:
        raise DataDirUnusable(f"{data_dir} belongs to {user_name(owner)}; start inbox as that user.")


def _short_base() -> Path:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    candidates = [runtime] if os.geteuid() != 0 and runtime.is_dir() and runtime.stat().st_uid == os.geteuid() else []
    candidates += [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - the folder in it is private and checked
    return next(base for base in candidates if _PLAIN_PATH.fullmatch(str(base)) and len(str(base)) < 50)
