"""Attachments on disk: whole, once, and nowhere else."""

import asyncio
import hashlib
import os
import resource
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inbox.blobs import Blob, BlobStore
from inbox.errors import NotFound, StorageFull, TooLarge

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    store = BlobStore(tmp_path / "blobs")
    store.prepare()
    return store


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_what_was_put_is_read_again(blobs: BlobStore) -> None:
    blob = await blobs.put(b"hello", limit=5)

    assert blob == Blob(HELLO, 5)
    assert await blobs.read(blob.sha256) == b"hello"


async def test_a_content_in_parts_is_the_same_content(blobs: BlobStore) -> None:
    assert await blobs.put(parts(b"he", b"", b"llo"), limit=5) == Blob(HELLO, 5)


async def test_a_large_content_in_parts_is_kept_whole(blobs: BlobStore) -> None:
    pieces = [os.urandom(700_000) for _ in range(5)]

    blob = await blobs.put(parts(*pieces), limit=10_000_000)

    assert await blobs.read(blob.sha256) == b"".join(pieces)


async def test_an_empty_content_is_kept(blobs: BlobStore) -> None:
    blob = await blobs.put(b"", limit=0)

    assert await blobs.read(blob.sha256) == b""


async def test_equal_contents_put_at_once_are_kept_once(blobs: BlobStore, tmp_path: Path) -> None:
    await asyncio.gather(*(blobs.put(b"hello", limit=5) for _ in range(20)))

    assert [path.name for path in files(tmp_path)] == [HELLO]


async def test_a_torn_content_is_mended_by_putting_it_again(blobs: BlobStore) -> None:
    await blobs.put(b"hello", limit=5)
    blobs.open(HELLO).write_bytes(b"he")

    await blobs.put(b"hello", limit=5)

    assert await blobs.read(HELLO) == b"hello"


async def test_a_content_over_the_limit_is_refused_and_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await blobs.put(b"hello!", limit=5)

    assert files(tmp_path) == []


async def test_an_endless_content_is_refused_at_the_limit(blobs: BlobStore) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    with pytest.raises(TooLarge):
        await blobs.put(endless(), limit=3 << 20)


async def test_a_sender_that_breaks_off_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(2 << 20)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(broken(), limit=10 << 20)

    assert files(tmp_path) == []


async def test_a_content_on_its_way_is_not_visible(blobs: BlobStore) -> None:
    async def looked_at() -> AsyncIterator[bytes]:
        yield b"hello"
        assert not blobs.exists(HELLO)

    await blobs.put(looked_at(), limit=5)

    assert blobs.exists(HELLO)


async def test_what_a_killed_writer_left_is_cleared_away_at_start(blobs: BlobStore, tmp_path: Path) -> None:
    half = tmp_path / "blobs" / "drafts" / "half"
    half.write_bytes(b"he")
    os.utime(half, (0, 0))

    blobs.prepare()

    assert files(tmp_path) == []


async def test_what_another_process_is_writing_outlives_a_start(blobs: BlobStore) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield bytes(2 << 20)
        blobs.prepare()
        yield b"the rest"

    blob = await blobs.put(slow(), limit=3 << 20)

    assert len(await blobs.read(blob.sha256)) == blob.size


async def test_what_was_put_outlives_a_start(blobs: BlobStore) -> None:
    await blobs.put(b"hello", limit=5)

    blobs.prepare()

    assert blobs.exists(HELLO)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../" * 21 + "x",
        "/etc/passwd",
        HELLO.upper(),
        HELLO[:-1],
        HELLO + "\n",
        f"{HELLO}/..",
        "\0" * 64,
        "٣" * 64,
    ],
)
async def test_only_a_hash_names_a_content(blobs: BlobStore, name: str) -> None:
    await blobs.put(b"hello", limit=5)

    assert not blobs.exists(name)
    with pytest.raises(NotFound):
        blobs.open(name)
    with pytest.raises(NotFound):
        await blobs.read(name)


async def test_an_unknown_hash_is_not_found(blobs: BlobStore) -> None:
    with pytest.raises(NotFound):
        await blobs.read(HELLO)


async def test_contents_are_private_to_the_service(blobs: BlobStore) -> None:
    await blobs.put(b"hello", limit=5)

    assert stat.S_IMODE(blobs.open(HELLO).stat().st_mode) == 0o600


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond `size`: the nearest to a full disk that every user can have."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_told_and_what_was_kept_stays(blobs: BlobStore, tmp_path: Path) -> None:
    await blobs.put(b"hello", limit=5)

    with pytest.raises(StorageFull, match="is full"), small_disk(1 << 20):
        await blobs.put(os.urandom(3 << 20), limit=4 << 20)

    assert await blobs.read(HELLO) == b"hello"
    assert len(files(tmp_path)) == 1
