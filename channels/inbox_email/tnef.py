"""Unpacks winmail.dat (TNEF, MS-OXTNEF): what Outlook sends to whom it takes for another Outlook."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from inbox_email.charsets import decode
from inbox_email.rtf import decompressed, page_of

MAX_FILES = 200
_SIGNATURE = b"\x78\x9f\x3e\x22"
_DEPTH = 3  # messages within messages
_MAX_VALUES = 10_000

# Attributes of the stream, by their names alone.
_STARTS_FILE, _FILE_NAME, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_PROPERTIES, _BODY, _CODEPAGE = 0x9003, 0x800C, 0x9007
# Properties of messages and files (MS-OXPROPS).
_TEXT, _RTF, _HTML, _HTML_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_DATA, _SHORT_NAME, _LONG_NAME, _MIME, _CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712

_STRING, _UNICODE, _BINARY, _OBJECT, _MANY = 0x001E, 0x001F, 0x0102, 0x000D, 0x1000
_SIZES = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_GUID = 16  # bytes before what an object holds


@dataclass(slots=True)
class PackedFile:
    """A file in the pack."""

    name: str = ""
    data: bytes = field(default=b"", repr=False)
    mime: str = "application/octet-stream"
    content_id: str | None = None


@dataclass(slots=True)
class Pack:
    """What a pack holds."""

    text: str | None = None
    html: str | None = None
    files: list[PackedFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Property:
    """One property: its bytes, or its number."""

    kind: int
    octets: bytes

    @property
    def number(self) -> int:
        return int.from_bytes(self.octets[:4], "little")

    def text(self, charset: str) -> str:
        """The value as text."""
        said = decode(self.octets, "utf-16-le") if self.kind == _UNICODE else decode(self.octets, charset)
        return said.rstrip("\0").strip()


def unpacked(octets: bytes, *, depth: int = 0) -> Pack | None:
    """Return what a pack holds; None for what is none, or is damaged."""
    if not octets.startswith(_SIGNATURE) or depth > _DEPTH:
        return None
    try:
        return _read(list(_attributes(octets)), depth)
    except (struct.error, ValueError, IndexError):
        return None


def _read(attributes: list[tuple[int, bytes]], depth: int) -> Pack:
    pack, charset = Pack(), _charset(attributes)
    for name, value in attributes:
        if name == _STARTS_FILE and len(pack.files) < MAX_FILES:
            pack.files.append(PackedFile())
        elif name == _BODY:
            pack.text = pack.text or decode(value, charset).rstrip("\0")
        elif name == _PROPERTIES:
            _tell(pack, dict(_properties(value)), charset)
        elif pack.files:
            _tell_file(pack, name, value, charset=charset, depth=depth)
    pack.files = [file for file in pack.files if file.data]
    return pack


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position + 9 <= len(octets):
        name, _, size = struct.unpack_from("<HHI", octets, position + 1)
        start = position + 9
        if start + size > len(octets):
            raise ValueError("cut off")
        yield name, octets[start : start + size]
        position = start + size + 2  # a checksum follows, which says nothing that we would act on
    if octets[position:].strip(b"\0"):
        raise ValueError("cut off")


def _charset(attributes: list[tuple[int, bytes]]) -> str:
    found = next((value for name, value in attributes if name == _CODEPAGE and len(value) >= 4), None)
    return _codec(int.from_bytes(found[:4], "little")) if found else "cp1252"


def _codec(number: int) -> str:
    return "utf-8" if number == 65001 else f"cp{number}"


def _tell(pack: Pack, given: dict[int, _Property], charset: str) -> None:
    """Take the body from a message's properties, in the richest form that is there."""
    if _TEXT in given:
        pack.text = given[_TEXT].text(charset)
    if _HTML in given:
        codepage = given.get(_HTML_CODEPAGE)
        pack.html = given[_HTML].text(_codec(codepage.number) if codepage else charset)
    elif _RTF in given and pack.html is None:
        rtf = decompressed(given[_RTF].octets)
        text, pack.html = page_of(rtf) if rtf else (None, None)
        pack.text = pack.text or text


def _tell_file(pack: Pack, name: int, value: bytes, *, charset: str, depth: int) -> None:
    file = pack.files[-1]
    if name == _FILE_NAME:
        file.name = file.name or decode(value, charset).strip("\0 ")
    elif name == _FILE_DATA:
        file.data = value
    elif name == _FILE_PROPERTIES:
        _tell_more(pack, file, dict(_properties(value)), charset=charset, depth=depth)


def _tell_more(pack: Pack, file: PackedFile, given: dict[int, _Property], *, charset: str, depth: int) -> None:
    for key in (_SHORT_NAME, _LONG_NAME):
        file.name = given[key].text(charset) if key in given else file.name
    file.mime = given[_MIME].text("ascii").lower() if _MIME in given else file.mime
    file.content_id = given[_CONTENT_ID].text("ascii") if _CONTENT_ID in given else file.content_id
    if _DATA not in given or file.data:
        return
    data = given[_DATA]
    inner = unpacked(data.octets[_GUID:], depth=depth + 1) if data.kind == _OBJECT else None
    if inner is None:
        file.data = data.octets[_GUID:] if data.kind == _OBJECT else data.octets
        return
    file.data, file.mime = (inner.text or inner.html or " ").encode(), "text/plain" if inner.text else "text/html"
    file.name = f"{file.name or 'message'}{'.txt' if inner.text else '.html'}"
    pack.files[len(pack.files) :] = inner.files[: MAX_FILES - len(pack.files)]


def _properties(octets: bytes) -> Iterator[tuple[int, _Property]]:
    """Yield (id, property); of several values the first (MS-OXTNEF section 2.1.3.4)."""
    (count,) = struct.unpack_from("<I", octets)
    position = 4
    for _ in range(min(count, _MAX_VALUES)):
        kind, key = struct.unpack_from("<HH", octets, position)
        position = _after_name(octets, position + 4, key)
        value, position = _value(octets, position, kind)
        yield key, _Property(kind & ~_MANY, value)


def _after_name(octets: bytes, position: int, key: int) -> int:
    """Return where the value of a property begins: those with names of their own say them first."""
    if key < 0x8000:
        return position
    is_text, size = struct.unpack_from("<II", octets, position + _GUID)
    return position + _GUID + 8 + (_padded(size) if is_text else 0)


def _value(octets: bytes, position: int, kind: int) -> tuple[bytes, int]:
    plain = kind & ~_MANY
    varies = plain in {_STRING, _UNICODE, _BINARY, _OBJECT}
    if not varies and plain not in _SIZES:
        raise ValueError(f"a property of an unknown kind: {kind}")
    count = 1
    if varies or kind & _MANY:
        (count,) = struct.unpack_from("<I", octets, position)
        position += 4
    values = list[bytes]()
    for _ in range(min(count, _MAX_VALUES)):
        size = _SIZES.get(plain, 0)
        if varies:
            (size,) = struct.unpack_from("<I", octets, position)
            position += 4
        if position + size > len(octets):
            raise ValueError("cut off")
        values.append(octets[position : position + size])
        position += _padded(size)
    return (values[0] if values else b""), position


def _padded(size: int) -> int:
    return size + -size % 4
