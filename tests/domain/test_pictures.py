"""Bytes are a picture by what they begin with, and by nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.pictures import Picture, picture_of

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 600, 40)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xdb\x00\x03c\xff\xc2\x00\x11\x08" + struct.pack(">HH", 40, 600)
WEBP = b"RIFF\x00\x00\x00\x00WEBP"


@pytest.mark.parametrize(
    ("octets", "mime"),
    [
        (PNG, "image/png"),
        (b"GIF89a" + struct.pack("<HH", 600, 40), "image/gif"),
        (JPEG, "image/jpeg"),
        (WEBP + b"VP8 " + bytes(10) + struct.pack("<HH", 600, 40), "image/webp"),
        (WEBP + b"VP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 599 | 39 << 14), "image/webp"),
        (WEBP + b"VP8X" + bytes(8) + (599).to_bytes(3, "little") + (39).to_bytes(3, "little"), "image/webp"),
    ],
    ids=["png", "gif", "jpeg", "webp", "webp without loss", "webp with more"],
)
def test_a_picture_says_how_large_it_is(octets: bytes, mime: str) -> None:
    assert picture_of(octets) == Picture(mime, 600, 40)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"\x00\x00\x01\x00",
        PNG[:20],
        JPEG[:20],
        b"\xff\xd8\xff\xd9",
        WEBP + b"VP8X",
    ],
)
def test_anything_else_is_none(octets: bytes) -> None:
    assert picture_of(octets) is None


@pytest.mark.parametrize(
    ("width", "height", "shown"), [(1, 1, False), (0, 5, False), (60_000, 60_000, False), (2, 1, True)]
)
def test_a_pixel_and_a_flood_of_them_are_not_shown(width: int, height: int, shown: bool) -> None:
    assert Picture("image/png", width, height).is_shown == shown


@given(
    st.sampled_from([PNG[:16], b"GIF89a", JPEG[:3], JPEG[:6], WEBP + b"VP8X", WEBP + b"VP8L"]), st.binary(max_size=64)
)
def test_no_bytes_trip_it(head: bytes, rest: bytes) -> None:
    picture_of(head + rest)
