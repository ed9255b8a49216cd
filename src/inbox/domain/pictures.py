"""What bytes show: a picture of pixels that browsers draw, by its own first bytes, or nothing of the kind."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_PIXELS = 40_000_000  # a few bytes can ask a browser for gigabytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as its own header describes it."""

    mime: str
    width: int
    height: int

    @property
    def is_shown(self) -> bool:
        """Whether it is worth showing: larger than a pixel that counts readers, smaller than a flood."""
        return self.width * self.height > 1 and self.width * self.height <= MAX_PIXELS


def picture_of(octets: bytes) -> Picture | None:
    """Return what picture this is; None for what is none, or none that is drawn from pixels alone (SVG)."""
    try:
        return _png(octets) or _gif(octets) or _webp(octets) or _jpeg(octets)
    except (struct.error, IndexError):
        return None


def _png(octets: bytes) -> Picture | None:
    if not octets.startswith(b"\x89PNG\r\n\x1a\n") or octets[12:16] != b"IHDR":
        return None
    return Picture("image/png", *struct.unpack(">II", octets[16:24]))


def _gif(octets: bytes) -> Picture | None:
    if not octets.startswith((b"GIF87a", b"GIF89a")):
        return None
    return Picture("image/gif", *struct.unpack("<HH", octets[6:10]))


def _webp(octets: bytes) -> Picture | None:
    if octets[:4] != b"RIFF" or octets[8:12] != b"WEBP":
        return None
    match octets[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", octets[26:30])
            return Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack("<I", octets[21:25])
            return Picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            width, height = (int.from_bytes(octets[at : at + 3], "little") for at in (24, 27))
            return Picture("image/webp", width + 1, height + 1) if len(octets) >= 30 else None
        case _:
            return None


def _jpeg(octets: bytes) -> Picture | None:
    """Find the frame's header among the segments (ITU T.81, B.2.2)."""
    if not octets.startswith(b"\xff\xd8\xff"):
        return None
    position = 2
    while position + 9 <= len(octets) and octets[position] == 0xFF:
        mark = octets[position + 1]
        if 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", octets[position + 5 : position + 9])
            return Picture("image/jpeg", width, height)
        is_bare = mark == 0xFF or mark == 0x01 or 0xD0 <= mark <= 0xD7
        length = -1 if mark == 0xFF else 0 if is_bare else struct.unpack(">H", octets[position + 2 : position + 4])[0]
        position += 2 + length
    return None
