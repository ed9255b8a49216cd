"""Reads the parameters of Content-Type and Content-Disposition in one linear pass (RFC 2045, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from inbox_email.charsets import decode, one_line
from inbox_email.headers import decode_words

MAX_PARAMETERS = 200

_PARAMETER = re.compile(r";\s*([^\s=;*\"]+)(?:\*(\d{1,3}))?(\*)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL)


def parameters(raw: str) -> dict[str, str]:
    """Return the parameters of a field by lower-case name, continued and encoded ones put together."""
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(raw)):
        if count == MAX_PARAMETERS:
            break
        name, number, extended, value = match.groups()
        piece = (int(number or 0), extended is not None, _unquoted(value))
        pieces.setdefault(name.lower(), []).append(piece)
    return {name: _joined(sorted(found)) for name, found in pieces.items()}


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\([\\\"])", r"\1", value[1:-1])
    return value


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    if not pieces[0][1]:
        # Encoded words have no place in a parameter (RFC 2047 section 5); Outlook and others write them all the same.
        return one_line(decode_words("".join(value for _, _, value in pieces)))
    charset, _, rest = pieces[0][2].partition("'")
    first = rest.partition("'")[2] if "'" in rest else pieces[0][2]
    values = [first, *(value for _, _, value in pieces[1:])]
    octets = b"".join(
        unquote_to_bytes(value) if extended else value.encode("utf-8", "replace")
        for value, (_, extended, _) in zip(values, pieces, strict=True)
    )
    return one_line(decode(octets, charset))
