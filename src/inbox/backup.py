"""Backup and restore: one file with the database, the attachments and the keys that seal its secrets.

Attachments never change under their hash, so those that the snapshot names can be copied after it, while the service
goes on. The file is a ZIP archive: a table is written while it is read, and each part has a checksum.
"""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from inbox.blobs import BlobStore
from inbox.errors import DiskFull, InboxError, NotFound, StartRefused
from inbox.files import create_private, sync_folder, told
from inbox.foundation import refuse_absence
from inbox.secrets import KEY_FILE
from inbox.settings import Settings
from inbox.store import embedded
from inbox.store.dump import Snapshot, TableForm, is_empty, loading, snapshot
from inbox.store.migrate import migrate

_FORM = 1  # of the file; a later one is for a later program
_MANIFEST = "manifest.json"
_UNDER_WAY = "restoring"  # marks a place whose restore has not ended, so that it may be tried again
_PIECE = 1 << 20  # bytes
_NO_LIMIT = 1 << 62  # bytes; what was kept once is kept again


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    form: int
    taken_at: datetime
    revision: str
    tables: tuple[TableForm, ...]  # each after those that it refers to
    rows: dict[str, int]
    sequences: dict[str, int]
    files: tuple[str, ...]
    missing: tuple[str, ...]  # attachments that the database names and the disk had lost
    keys: bool


async def backup(settings: Settings, file: Path) -> str:
    """Write everything to `file`, beside the running service or without it; return what to tell whoever asked."""
    async with _present(settings) as dsn:
        with _whole(file) as archive:
            manifest = await _write(settings, dsn, archive)
    lost = f" {len(manifest.missing)} attachments are missing on the disk and in it." if manifest.missing else ""
    return f"Wrote {file}: {_summary(manifest)}.{lost} It holds the secret keys, so keep it as safe as the service."


async def restore(settings: Settings, file: Path) -> str:
    """Read `file` into an empty place; return what to tell whoever asked."""
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        _refuse_full_place(settings, manifest)
        async with _place(settings) as dsn:
            if not await is_empty(dsn):
                raise StartRefused("The database holds an inbox already; a backup is restored into an empty one.")
            await _read(settings, dsn, archive, manifest)
    return f"Restored {file}: {_summary(manifest)}. Everybody signs in again; what was being sent is marked uncertain."


async def _write(settings: Settings, dsn: str, archive: zipfile.ZipFile) -> Manifest:
    async with snapshot(dsn) as found:
        taken_at = datetime.now(UTC)
        tables = await found.tables()
        rows = {table.name: await _write_table(archive, found, table) for table in tables}
        revision, sequences, named = await found.revision(), await found.sequences(), await found.files()
    missing = tuple([name for name in named if not _add_blob(settings, archive, name)])
    manifest = Manifest(
        form=_FORM,
        taken_at=taken_at,
        revision=revision,
        tables=tuple(tables),
        rows=rows,
        sequences=sequences,
        files=tuple(name for name in named if name not in set(missing)),
        missing=missing,
        keys=_add_keys(settings, archive),
    )
    archive.writestr(_MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


async def _write_table(archive: zipfile.ZipFile, found: Snapshot, table: TableForm) -> int:
    with archive.open(f"tables/{table.name}", "w", force_zip64=True) as part:
        return await found.write(table, part)


def _add_blob(settings: Settings, archive: zipfile.ZipFile, sha256: str) -> bool:
    try:
        path = _blobs(settings).open(sha256)
    except NotFound:
        return False
    # Pictures and documents are packed already.
    archive.write(path, f"files/{sha256}", compress_type=zipfile.ZIP_STORED)
    return True


def _add_keys(settings: Settings, archive: zipfile.ZipFile) -> bool:
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        return False
    archive.write(path, KEY_FILE)
    return True


async def _read(settings: Settings, dsn: str, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    mark = settings.data_dir / _UNDER_WAY
    with told(settings.data_dir):
        mark.touch(mode=0o600)
    await migrate(dsn, to=manifest.revision)
    await _read_files(settings, archive, manifest)
    async with loading(dsn) as database:
        for table in manifest.tables:
            with archive.open(f"tables/{table.name}") as part:
                await database.read(table, _pieces(part))
        await database.settle(manifest.sequences, taken_at=manifest.taken_at)
    await migrate(dsn)
    mark.unlink()


async def _read_files(settings: Settings, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    blobs = _blobs(settings)
    blobs.prepare()
    for name in manifest.files:
        with archive.open(f"files/{name}") as part:
            kept = await blobs.put(_each(part), limit=_NO_LIMIT)
        if kept.sha256 != name:
            raise StartRefused(f"The backup is damaged: attachment {name} is not what it was.")
    if manifest.keys:
        create_private(settings.data_dir / KEY_FILE, archive.read(KEY_FILE).decode("ascii"))


def _pieces(part: Any) -> Iterator[bytes]:  # noqa: ANN401 - a readable part of the archive
    while piece := part.read(_PIECE):
        yield piece


async def _each(part: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 - a readable part of the archive
    for piece in _pieces(part):
        yield piece


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        told_by_it = orjson.loads(archive.read(_MANIFEST))
        form, tables = (
            told_by_it["form"],
            tuple(TableForm(t["name"], tuple(t["columns"])) for t in told_by_it["tables"]),
        )
        taken_at = datetime.fromisoformat(told_by_it["taken_at"])
        manifest = Manifest(**(told_by_it | {"tables": tables, "taken_at": taken_at}))
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_backup(file) from error
    if form > _FORM:
        raise StartRefused(f"{file} was written by a newer version of Crowd Inbox; restore it with that version.")
    wanted = {f"tables/{table.name}" for table in tables} | {f"files/{name}" for name in manifest.files}
    if not wanted <= set(archive.namelist()) or archive.testzip() is not None:
        raise StartRefused(f"{file} is damaged: some of what it says it holds is not in it.")
    return manifest


def _refuse_full_place(settings: Settings, manifest: Manifest) -> None:
    if not manifest.keys and not settings.secret_keys:
        raise StartRefused("The backup holds no secret keys: set INBOX_SECRET_KEYS to those that it was made with.")
    with told(settings.data_dir):
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (settings.data_dir / _UNDER_WAY).exists():
        return
    if (settings.data_dir / KEY_FILE).exists() or (settings.data_dir / "blobs").exists():
        raise StartRefused(f"{settings.data_dir} holds an inbox already; a backup is restored into an empty folder.")


@asynccontextmanager
async def _place(settings: Settings) -> AsyncIterator[str]:
    """Lend the database of the settings, a new private one if need be."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    async with embedded.borrowed(settings.data_dir) as dsn:
        yield dsn


@asynccontextmanager
async def _present(settings: Settings) -> AsyncIterator[str]:
    """Lend a database that is there; asking for a backup must not make one."""
    refuse_absence(settings)
    async with _place(settings) as dsn:
        yield dsn


@contextmanager
def _whole(file: Path) -> Iterator[zipfile.ZipFile]:
    """Write an archive that only its owner reads, under its name once it is whole; never over another file."""
    if file.exists():
        raise StartRefused(f"{file} is there already; name a file that is not.")
    draft = file.with_name(f".{file.name}.part")
    try:
        with _disk_told(file), open(draft, "wb", opener=_private) as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield archive
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(file)
        sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with _disk_told(file), zipfile.ZipFile(file) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise _not_a_backup(file) from error


def _not_a_backup(file: Path) -> StartRefused:
    return StartRefused(f"{file} is no backup of Crowd Inbox, or not a whole one.")


@contextmanager
def _disk_told(file: Path) -> Iterator[None]:
    try:
        yield
    except InboxError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"The disk is full: {file} could not be written or read to its end.") from error
        raise StartRefused(f"{file} cannot be used: {error.strerror}.") from error


def _blobs(settings: Settings) -> BlobStore:
    return BlobStore(settings.data_dir / "blobs")


def _summary(manifest: Manifest) -> str:
    tickets, messages = manifest.rows.get("tickets", 0), manifest.rows.get("messages", 0)
    counted = f"{tickets} tickets, {messages} messages and {len(manifest.files)} attachments"
    return f"{counted}, as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
