"""Signed and encrypted mails (S/MIME, PGP): what they are, and what can be read of them without any key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from inbox_email.parameters import parameters

PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})

_SIGNED, _ENVELOPED = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010703")
_AUTHENTICATED = bytes.fromhex("2a864886f70d0109100117")
_DEPTH = 20
_IN_TEXT = re.compile(r"^-----BEGIN PGP (MESSAGE|SIGNED MESSAGE)-----$", re.MULTILINE)


class Seal(NamedTuple):
    """How a mail is protected."""

    kind: str  # signed | encrypted
    by: str  # smime | pgp


def seal_of(mime: str, content_type: str, octets: bytes) -> Seal | None:
    """Return how a part is protected, by its type (RFC 1847, 3156, 8551); None if it is not."""
    protocol = parameters(content_type).get("protocol", "").lower()
    match mime:
        case "multipart/signed":
            return Seal("signed", "pgp" if "pgp" in protocol else "smime")
        case "multipart/encrypted":
            return Seal("encrypted", "pgp")
        case _ if mime in PKCS7:
            return Seal("signed", "smime") if _holds(octets, _SIGNED) else Seal("encrypted", "smime")
        case _:
            return None


def seal_in(text: str) -> Seal | None:
    """Return how a text is protected that carries its seal with it (RFC 9580 section 6)."""
    found = _IN_TEXT.search(text)
    return Seal("signed" if found[1].startswith("SIGNED") else "encrypted", "pgp") if found else None


def content_of_signed(octets: bytes) -> bytes | None:
    """Return the mail that a signature has wrapped (RFC 5652 section 5.1), unchecked; None if it cannot be read."""
    try:
        info = list(_elements(next(_elements(octets)).content))
        if info[0].content != _SIGNED:
            return None
        signed = list(_elements(next(_elements(info[1].content)).content))
        wrapped = list(_elements(signed[2].content))
        return _joined(wrapped[1].content, depth=0) or None
    except (ValueError, IndexError, StopIteration):
        return None


def _holds(octets: bytes, kind: bytes) -> bool:
    try:
        first = next(_elements(next(_elements(octets)).content))
    except (ValueError, StopIteration):
        return False
    return first.content == kind


class _Element(NamedTuple):
    tag: int
    content: bytes


def _elements(octets: bytes) -> Iterator[_Element]:
    """Yield what stands one after the other (ITU X.690, BER); raise ValueError for what is cut off."""
    position = 0
    while position < len(octets):
        tag, start, end, after = _measured(octets, position, depth=0)
        if tag == 0:
            return
        yield _Element(tag, octets[start:end])
        position = after


def _measured(octets: bytes, position: int, *, depth: int) -> tuple[int, int, int, int]:
    """Return tag, beginning and end of the content of an element, and where the next one begins."""
    if position + 2 > len(octets) or depth > _DEPTH or octets[position] & 0x1F == 0x1F:
        raise ValueError("not an element")
    tag, first, start = octets[position], octets[position + 1], position + 2
    if first == 0x80:
        end = start
        while octets[end : end + 2] != b"\0\0":
            end = _measured(octets, end, depth=depth + 1)[3]
        return tag, start, end, end + 2
    size = first
    if first > 0x80:
        count = first & 0x7F
        size, start = int.from_bytes(octets[start : start + count], "big"), start + count
    if start + size > len(octets):
        raise ValueError("cut off")
    return tag, start, start + size, start + size


def _joined(octets: bytes, *, depth: int) -> bytes:
    """Put the pieces of an octet string together."""
    if depth > _DEPTH:
        raise ValueError("too deep")
    return b"".join(
        _joined(each.content, depth=depth + 1) if each.tag & 0x20 else each.content for each in _elements(octets)
    )
