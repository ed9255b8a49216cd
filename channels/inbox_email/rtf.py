"""Reads the rich text that Outlook packs: decompresses it, and finds the text or the HTML that it was made from."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace

from inbox_email.charsets import clean, decode

MAX_RTF = 8_000_000  # bytes

# What every stream may refer to from its beginning (MS-OXRTFCP section 2.1.2.1).
_BEFORE = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_SKIPPED = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer"})
_WORDS = {
    b"par": "\n",
    b"line": "\n",
    b"tab": "\t",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
}
_SIGNS = {b"~": "\xa0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}


def decompressed(octets: bytes) -> bytes | None:
    """Return rich text from its compressed form (MS-OXRTFCP); None for what is none."""
    if len(octets) < 16:
        return None
    _, size, kind, _ = struct.unpack_from("<II4sI", octets)
    if kind == b"MELA":
        return octets[16 : 16 + size]
    return _inflated(octets, min(size, MAX_RTF)) if kind == b"LZFu" else None


def _inflated(octets: bytes, size: int) -> bytes:
    out, position = bytearray(_BEFORE), 16
    limit = len(_BEFORE) + size
    while position < len(octets) and len(out) < limit:
        control, position = octets[position], position + 1
        for bit in range(8):
            if position >= len(octets) or len(out) >= limit:
                break
            if not control >> bit & 1:
                out.append(octets[position])
                position += 1
                continue
            place = int.from_bytes(octets[position : position + 2], "big")
            position += 2
            back = (len(out) - (place >> 4)) % _WINDOW
            if back == 0 or back > len(out):
                return bytes(out[len(_BEFORE) : limit])
            for _ in range((place & 0xF) + 2):
                out.append(out[-back])
    return bytes(out[len(_BEFORE) : limit])


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds between two braces."""

    skipped: bool = False
    hidden: bool = False  # made for readers of rich text alone (MS-OXRTFEX)
    width: int = 1  # characters that stand in for one that is given by number


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    said: list[str] = field(default_factory=list)
    octets: bytearray = field(default_factory=bytearray)  # of characters that are not yet known
    charset: str = "cp1252"
    is_html: bool = False
    starred: bool = False
    passing: int = 0  # characters that only stand in

    def say(self, text: str) -> None:
        self.flush()
        if not self.groups[-1].skipped and not self.groups[-1].hidden:
            self.said.append(text)

    def hear(self, octets: bytes) -> None:
        """Take characters, but for those that stand in for one that was given by number."""
        passed = min(self.passing, len(octets))
        self.passing -= passed
        if not self.groups[-1].skipped and not self.groups[-1].hidden:
            self.octets += octets[passed:]

    def flush(self) -> None:
        if self.octets:
            self.said.append(decode(bytes(self.octets), self.charset))
            self.octets.clear()


def page_of(rtf: bytes) -> tuple[str | None, str | None]:
    """Return (text, html) of rich text: the HTML that it was made from, or else the text that it shows."""
    reading = _Reading()
    for token in _TOKEN.finditer(rtf[:MAX_RTF]):
        word, number, octet, sign, brace, plain = token.groups()
        if brace:
            _turn(reading, brace)
        elif word:
            _obey(reading, word, int(number) if number else None)
        elif octet:
            reading.hear(bytes.fromhex(octet.decode()))
        elif sign == b"*":
            reading.starred = True
        elif sign in _SIGNS:
            reading.say(_SIGNS[sign])
        elif plain:
            reading.hear(plain)
    reading.flush()
    said = clean("".join(reading.said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")).strip("\0\n ")
    return (None, said or None) if reading.is_html else (said or None, None)


def _turn(reading: _Reading, brace: bytes) -> None:
    reading.flush()
    if brace == b"{":
        reading.groups.append(reading.groups[-1])
    elif len(reading.groups) > 1:
        reading.groups.pop()


def _obey(reading: _Reading, word: bytes, number: int | None) -> None:
    group, starred, reading.starred = reading.groups[-1], reading.starred, False
    if word in _SKIPPED or (starred and word != b"htmltag"):
        reading.groups[-1] = replace(group, skipped=True)
    elif word == b"htmlrtf":
        reading.flush()
        reading.groups[-1] = replace(group, hidden=number != 0)
    elif word == b"uc":
        reading.groups[-1] = replace(group, width=min(number or 0, 10))
    elif word == b"u" and number is not None:
        reading.say(chr(number & 0xFFFF))
        reading.passing = group.width
    elif word == b"ansicpg" and number:
        reading.charset = f"cp{number}"
    elif word == b"fromhtml":
        reading.is_html = True
    elif word in _WORDS:
        reading.say(_WORDS[word])
