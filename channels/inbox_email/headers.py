"""Reads header fields from their raw bytes; malformed ones give less, never an error.

The standard library's modern policy was measured on 1,800 real mails: it loses bytes, yields lone surrogates and
raises; its older one (compat32) only has to be kept from decoding.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import lru_cache

from inbox_email.charsets import decode, one_line

MAX_ADDRESSES = 500
MAX_ID = 998  # characters of a line (RFC 5322 section 2.1.1)

_MEANS_SOMETHING = re.compile(r'[=\\"()<>,;:]')  # in an address field
_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?[^?\s]{1,80}\?[bBqQ]\?)")
_ID = re.compile(rf"<[^<>]{{1,{MAX_ID - 2}}}>")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\\]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as a header names it."""

    address: str
    name: str | None = None


class Headers:
    """The header fields of one part, by lower-case name."""

    def __init__(self, message: Message) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._fields.setdefault(name.strip().lower(), []).append(str(value))

    def raw(self, name: str) -> str:
        """Return the first field of this name as text, encoded words as they are; empty without one."""
        values = self._fields.get(name)
        return _octets_decoded(values[0]) if values else ""

    def all_raw(self, name: str) -> list[str]:
        """Return every field of this name."""
        return [_octets_decoded(value) for value in self._fields.get(name, [])]

    def text(self, name: str) -> str:
        """Return a field for reading: words decoded, on one line."""
        return one_line(decode_words(self.raw(name)))

    def word(self, name: str) -> str:
        """Return the first token of a field in lower case: `auto-replied` of `Auto-Replied; owner=x`."""
        return self.raw(name).partition(";")[0].strip().lower()

    def addresses(self, *names: str) -> tuple[Address, ...]:
        """Return the mailboxes that these fields name."""
        found = [a for name in names for raw in self.all_raw(name) for a in parse_addresses(raw)]
        return tuple(found[:MAX_ADDRESSES])

    def ids(self, name: str) -> tuple[str, ...]:
        """Return the message ids of a field, each once, in its order, with their angle brackets."""
        return tuple(dict.fromkeys(one_line(i) for raw in self.all_raw(name) for i in _ids_in(raw)))

    def own_id(self) -> str | None:
        """Return the Message-ID, also a malformed one: it only has to be the same every time."""
        found = self.ids("message-id")
        bare = one_line(self.raw("message-id"))[: MAX_ID - 2].strip("<> ")
        return found[0] if found else f"<{bare}>" if bare else None

    def date(self) -> datetime | None:
        """Return the Date; None where it is missing or no date (1601, year 9999, words)."""
        try:
            at = parsedate_to_datetime(self.raw("date"))
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
            return None
        return at if 1971 <= at.year <= 2200 else None

    def has(self, name: str) -> bool:
        """Tell whether there is such a field."""
        return name in self._fields


def decode_words(raw: str) -> str:
    """Return a field with its encoded words decoded (RFC 2047), also the malformed ones of common mailers."""
    text, done, parts = _BETWEEN_WORDS.sub(r"\1\2", raw), 0, list[str]()
    run: tuple[str, bytes] | None = None
    for match in _WORD.finditer(text):
        charset, octets = match[1].lower(), _word_octets(match[2], match[3])
        if run and run[0] == charset and match.start() == done:
            # Mailers cut words within a character: bytes of one charset are joined before they are decoded.
            run = (charset, run[1] + octets)
        else:
            parts += [_decoded(run), text[done : match.start()]]
            run = (charset, octets)
        done = match.end()
    return "".join([*parts, _decoded(run), text[done:]])


@lru_cache(maxsize=32)  # of one mail: whom it is from and to is asked from several sides
def parse_addresses(raw: str) -> tuple[Address, ...]:
    """Return the mailboxes of an address field, without recursion: 1,000 nested comments are only 2 kB."""
    return tuple(a for piece in _split(raw) if (a := _mailbox(piece)) is not None)


def _split(raw: str) -> list[str]:
    """Cut an address field at the commas that are not inside quotes, comments or angle brackets."""
    pieces, start, quoted, comment, angle = list[str](), 0, False, 0, False
    position = 0
    while len(pieces) < MAX_ADDRESSES and (found := _MEANS_SOMETHING.search(raw, position)):
        position = found.start()
        char = raw[position]
        if char == "=" and (word := _WORD.match(raw, position)):
            # What is encoded belongs to a name, also the commas that some mailers leave in it.
            position = word.end() - 1
        elif char == "\\":
            position += 1
        elif char == '"' and not comment:
            quoted = not quoted
        elif not quoted and char in "()":
            comment = max(0, comment + (1 if char == "(" else -1))
        elif not quoted and not comment and char in "<>":
            angle = char == "<"
        elif not (quoted or comment or angle) and char in ",;:":
            # A colon ends the name of a group, which is nobody's address.
            pieces += [raw[start:position]] if char != ":" else []
            start = position + 1
        position += 1
    return [*pieces, raw[start:]]


def _mailbox(piece: str) -> Address | None:
    before, bracket, after = piece.rpartition("<")
    if bracket:
        address, name = after.partition(">")[0], before
    else:
        address, _, comment = piece.partition("(")
        name = comment.rpartition(")")[0]
    address = one_line(decode_words(address)).replace(" ", "").strip("'\"")
    if not _ADDRESS.fullmatch(address):
        found = _ADDRESS.search(one_line(piece))
        if found is None:
            return None
        address = found[0]
    return Address(address[:320], _display_name(name))


def _display_name(raw: str) -> str | None:
    name = raw.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return one_line(decode_words(name)).strip("\"' ")[:200] or None


def _word_octets(encoding: str, payload: str) -> bytes:
    octets = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(octets, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return octets


def _decoded(run: tuple[str, bytes] | None) -> str:
    return decode(run[1], run[0]) if run else ""


def _octets_decoded(value: str) -> str:
    """Return what the parser kept as escaped bytes (raw 8-bit headers) as the text that was meant."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"), None)


def _ids_in(raw: str) -> list[str]:
    # Python's own email package writes an id longer than its line as encoded words (RFC 2047 forbids it), so whoever
    # answers us by a program of theirs may well send such.
    return _ID.findall(raw) or _ID.findall(decode_words(raw))
