"""Files of our own on disk: private, whole or not at all, and there after a power cut."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from inbox.errors import DataDirUnusable, DiskFull


def make_private(folder: Path, *, owner: int) -> None:
    """Make a folder that only `owner` enters; refuse one that somebody else has put there."""
    with told(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid in {owner, os.geteuid()}
    if not is_ours or stat.S_IMODE(found.st_mode) & 0o077:
        raise DataDirUnusable(f"{folder} is not a private folder of ours; remove it and start again.")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    with told(path.parent), _draft(path, text) as draft:
        draft.replace(path)
        sync_folder(path.parent)


def create_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, unless it is there already: of many who try at once, one wins."""
    with told(path.parent), _draft(path, text) as draft:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        sync_folder(path.parent)


def read_private(path: Path) -> str:
    """Read a file that only its owner may read; refuse one that others may have read."""
    with path.open(encoding="utf-8", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode
        text = file.read().strip()
    if stat.S_IMODE(mode) & 0o077:
        raise DataDirUnusable(f"{path} can be read by others; make it private (chmod 600) and start again.")
    return text


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            yield Path(file.name)
        finally:
            Path(file.name).unlink(missing_ok=True)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Tell in one sentence what the disk of `folder` refuses."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                raise DiskFull(f"The disk of {folder} is full; free some space and start again.") from error
            case _:
                reason = f"{error.strerror or error} ({error.filename})"
                raise DataDirUnusable(f"{folder} cannot be used: {reason}.") from error
