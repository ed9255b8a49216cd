"""The responses, literals and lists of IMAP4rev1 (RFC 3501)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inbox_email.wire import Wire

MAX_DEPTH = 50

_LITERAL_AT_END = re.compile(rb"\{(\d{1,12})\+?\}$")
_ATOM = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|\{(\d{1,12})\+?\}|([^\s()"{]+)|(.))', re.DOTALL)

Value: TypeAlias = "bytes | list[Value]"


@dataclass(frozen=True, slots=True)
class Response:
    """One response of the server: its line, literals in it as `{size}`, and their bytes in order."""

    line: bytes
    literals: tuple[bytes, ...] = ()

    @property
    def words(self) -> list[bytes]:
        """Return the first words, in upper case."""
        return self.line[:200].upper().split(maxsplit=3)

    @property
    def text(self) -> str:
        """Return the line for a person."""
        return self.line[:300].decode("utf-8", "replace")


async def receive(wire: Wire) -> Response:
    """Read one whole response."""
    line, literals = await wire.line(), list[bytes]()
    while literal := _LITERAL_AT_END.search(line):
        literals.append(await wire.octets(int(literal[1])))
        line += await wire.line()
    return Response(line, tuple(literals))


def values(response: Response) -> list[Value]:
    """Return the values of a response as nested lists; what is malformed ends them."""
    literals = iter(response.literals)
    stack: list[list[Value]] = [[]]
    for opens, closes, quoted, literal, atom, _junk in _ATOM.findall(response.line):
        if opens and len(stack) < MAX_DEPTH:
            stack.append([])
        elif closes and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(inner)
        elif literal:
            stack[-1].append(next(literals, b""))
        elif atom:
            stack[-1].append(atom)
        elif not (opens or closes):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted))
    return stack[0]


def pairs(listed: Sequence[Value]) -> dict[bytes, Value]:
    """Return `(UID 5 FLAGS (…))` by upper-case name."""
    names = listed[::2]
    return {n.upper(): v for n, v in zip(names, listed[1::2], strict=False) if isinstance(n, bytes)}


def quoted(text: str) -> bytes:
    """Return a mailbox's name as a quoted string in modified UTF-7 (RFC 3501 section 5.1.3)."""
    encoded = re.sub(r"[^\x20-\x7e]+|&", _shifted, text)
    escaped = encoded.replace("\\", "\\\\").replace('"', '\\"')
    return b'"' + escaped.encode("ascii") + b'"'


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    letters = base64.b64encode(found[0].encode("utf-16-be")).decode("ascii")
    return "&" + letters.rstrip("=").replace("/", ",") + "-"
