"""Attachments and raw originals on disk, each under the hash of its content."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from inbox.errors import NotFound, StorageFull, TooLarge
from inbox.files import make_private, sync_folder

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ABANDONED = timedelta(days=1)
_PIECE = 1 << 20  # bytes given to a thread at once


@dataclass(frozen=True, slots=True)
class Blob:
    """A content that is kept: there after a power cut, and never changed."""

    sha256: str
    size: int  # bytes


class BlobStore:
    """Keeps contents in `root`, equal ones once.

    A content is written under a passing name and renamed once it is whole and synced, so nobody ever sees a part of it.
    """

    __slots__ = ("_drafts", "_root")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / "drafts"

    def prepare(self) -> None:
        """Make the folder at start, and clear away what killed writers left; others may be writing just now."""
        self._root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._root, self._drafts):
            make_private(folder, owner=os.geteuid())
        for draft in self._drafts.iterdir():
            if time.time() - draft.stat().st_mtime > _ABANDONED.total_seconds():
                draft.unlink(missing_ok=True)

    async def put(self, content: bytes | AsyncIterable[bytes], *, limit: int) -> Blob:
        """Keep a content of at most `limit` bytes; when this returns, it is on the disk.

        Raises TooLarge as soon as the limit is passed, and StorageFull; neither leaves anything behind.
        """
        with _told(self._root):
            draft = await asyncio.to_thread(_Draft, self._drafts, limit)
            try:
                async for piece in _pieces(content):
                    await asyncio.to_thread(draft.write, piece)
                return await asyncio.to_thread(self._keep, draft)
            finally:
                await asyncio.to_thread(draft.drop)

    def open(self, sha256: str) -> Path:
        """Return the file of a content, for reading only; raise NotFound if it is not kept."""
        path = self._place(sha256)
        if not path.is_file():
            raise NotFound
        return path

    async def read(self, sha256: str) -> bytes:
        """Return a whole content; raise NotFound if it is not kept."""
        return await asyncio.to_thread(lambda: self.open(sha256).read_bytes())

    def exists(self, sha256: str) -> bool:
        """Say whether a content is kept."""
        return _SHA256.fullmatch(sha256) is not None and self._place(sha256).is_file()

    async def drop(self, sha256: str, *, unless_kept_since: float) -> bool:
        """Remove a content that nobody uses; tell whether it is gone.

        Whoever keeps an equal content at this moment has not yet said that they use it: so what was kept since a moment
        (seconds since the epoch) stays.
        """
        return await asyncio.to_thread(self._drop, self._place(sha256), unless_kept_since)

    def _drop(self, place: Path, unless_kept_since: float) -> bool:
        aside = self._drafts / f"{place.name}.dropped"
        try:
            if place.stat().st_mtime >= unless_kept_since:
                return False
            place.replace(aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= unless_kept_since:
            aside.replace(place)
            return False
        aside.unlink()
        return True

    def _place(self, sha256: str) -> Path:
        # Only a hash becomes a path: no separator, no dots, no other case on a file system that ignores it.
        if not _SHA256.fullmatch(sha256):
            raise NotFound
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, draft: _Draft) -> Blob:
        blob = draft.finish()
        place = self._place(blob.sha256)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _touched(place, size=blob.size):
            draft.path.replace(place)
        # Even where it was there: whoever put it may not have come as far as this.
        for folder in (place.parent, place.parent.parent, self._root):
            sync_folder(folder)
        return blob


def _touched(place: Path, *, size: int) -> bool:
    """Tell whether a content is there whole, and let it look newly kept: see `BlobStore.drop`."""
    try:
        os.utime(place)
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


class _Draft:
    """A content on its way in."""

    __slots__ = ("_file", "_hash", "_limit", "_size", "path")

    def __init__(self, folder: Path, limit: int) -> None:
        self._file = NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - closed by finish or drop
        self._hash = hashlib.sha256()
        self._limit = limit
        self._size = 0
        self.path = Path(self._file.name)

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise TooLarge(f"This is larger than {self._limit} bytes.")
        self._hash.update(piece)
        self._file.write(piece)

    def finish(self) -> Blob:
        self._file.flush()
        os.fsync(self._file.fileno())
        return Blob(self._hash.hexdigest(), self._size)

    def drop(self) -> None:
        # Closing flushes, which a full disk refuses once more.
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


async def _pieces(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Cut or collect a content into pieces that are worth a thread."""
    if isinstance(content, bytes):
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]
        return
    waiting = bytearray()
    async for part in content:
        waiting += part
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise StorageFull(f"The disk of {root} is full.") from error
        raise
