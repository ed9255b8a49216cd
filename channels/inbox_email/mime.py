"""Takes a mail apart: its headers, what is to be read, and the files; nothing in it can make this fail but its size."""

from __future__ import annotations

import base64
import binascii
import html as html_entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from mimetypes import guess_extension

from inbox.channel.model import File
from inbox.errors import MessageUnreadable
from inbox_email.charsets import decode
from inbox_email.headers import Headers
from inbox_email.html import text_of
from inbox_email.parameters import parameters
from inbox_email.sealed import PKCS7, Seal, content_of_signed, seal_in, seal_of
from inbox_email.tnef import unpacked

MAX_HEADER = 256 * 1024  # bytes of the header block
MAX_FIELDS = 2_000
MAX_PARTS = 1_000
MAX_DEPTH = 50

_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\r\r")
_NO_FIELD = re.compile(rb"^(?![!-9;-~]+:|[ \t\r\n]).+", re.MULTILINE)
_SPACE_BEFORE_COLON = re.compile(rb"^([!-9;-~]+)[ \t]+:", re.MULTILINE)  # RFC 5322 section 4.5, obsolete
_MULTIPART = re.compile(rb"content-type:\s*(?:multipart/|message/rfc822)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_PACKS = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_UNSAFE_IN_NAME = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Body:
    """What of a mail is to be read, in either form or both."""

    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart."""

    headers: Headers
    body: Body
    files: tuple[File, ...]
    mime: str  # of the whole: multipart/report is a bounce
    seal: Seal | None = None


@dataclass(slots=True)
class _Walk:
    """What was met on the way through one mail."""

    files: list[File]
    parts: int = 0
    read: bool = False  # something that is to be read was met
    seal: Seal | None = None  # the outermost
    packed: Body | None = None  # what a pack says


def take_apart(octets: bytes) -> Mail:
    """Parse a mail; raise MessageUnreadable for one that is built to stop a parser."""
    octets = _without_preamble(octets)
    _guard(octets)
    try:
        message = message_from_bytes(_mended(octets))
        walk = _Walk(files=[])
        body = _body(message, walk, depth=0)
        says_something = any(said and said.strip() for said in (body.text, body.html))
        body = body if says_something else walk.packed or body
        seal = walk.seal or seal_in(body.text or "")
        return Mail(Headers(message), body, tuple(walk.files), _mime(message), seal)
    except RecursionError as error:
        raise MessageUnreadable("The mail is nested too deeply.") from error


def content_octets(octets: bytes) -> bytes:
    """Return what follows the header, with one kind of line ends."""
    octets = _without_preamble(octets)
    end = _END_OF_HEADER.search(octets)
    return octets[end.end() :].replace(b"\r\n", b"\n").rstrip() if end else b""


def _without_preamble(octets: bytes) -> bytes:
    """Drop what is before the first field: blank lines, an mbox separator, a byte order mark."""
    octets = octets.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if b"\n" not in octets[:MAX_HEADER]:
        octets = octets.replace(b"\r", b"\n")  # the line ends of an old Mac
    return octets.partition(b"\n")[2] if octets.startswith((b"From ", b">From ")) else octets


def _mended(octets: bytes) -> bytes:
    """Join to the field before it what is no field: a parser would take it for the end of the header."""
    end = _END_OF_HEADER.search(octets)
    if end is None or not _NO_FIELD.search(octets, 0, end.start()):
        return octets
    header = _SPACE_BEFORE_COLON.sub(rb"\1:", octets[: end.start()])
    return _NO_FIELD.sub(rb" \g<0>", header).lstrip() + octets[end.start() :]


def _guard(octets: bytes) -> None:
    end = _END_OF_HEADER.search(octets)
    header = octets[: end.start()] if end else octets
    if len(header) > MAX_HEADER or header.count(b"\n") > MAX_FIELDS * 4:
        raise MessageUnreadable("The header of the mail is larger than any real one.")
    if sum(1 for _ in _MULTIPART.finditer(octets)) > MAX_PARTS:
        raise MessageUnreadable(f"The mail has more than {MAX_PARTS} parts.")


def _body(part: Message, walk: _Walk, *, depth: int) -> Body:
    walk.parts += 1
    if depth > MAX_DEPTH or walk.parts > MAX_PARTS:
        raise MessageUnreadable("The mail has too many parts, or they are nested too deeply.")
    if _mime(part).startswith("message/") or not part.is_multipart():
        return _wrapped(part, walk, depth=depth) if _mime(part) in PKCS7 else _leaf(part, walk)
    walk.seal = walk.seal or seal_of(_mime(part), Headers(part).raw("content-type"), b"")
    children = [_body(child, walk, depth=depth + 1) for child in _children(part)]
    return _alternative(children) if _mime(part) == "multipart/alternative" else _sequence(children)


def _wrapped(part: Message, walk: _Walk, *, depth: int) -> Body:
    """Read a mail that its own signature has wrapped; what is encrypted is a file."""
    octets = _octets(part)
    walk.seal = walk.seal or seal_of(_mime(part), "", octets)
    within = content_of_signed(octets)
    body = _leaf(part, walk)
    if within is None:
        return body
    _guard(within)
    return _body(message_from_bytes(within), walk, depth=depth + 1)


def _leaf(part: Message, walk: _Walk) -> Body:
    headers, mime = Headers(part), _mime(part)
    of_type, disposition = parameters(headers.raw("content-type")), headers.word("content-disposition")
    name = parameters(headers.raw("content-disposition")).get("filename") or of_type.get("name")
    is_text = mime in {"text/plain", "text/html"} or mime.startswith("multipart/")
    if not is_text or disposition == "attachment" or (name and walk.read):
        return _kept(_file(part, headers, mime, name, number=len(walk.files) + 1), walk)
    walk.read = True
    octets = _octets(part)
    if mime == "text/html":
        return Body(html=decode(octets, of_type.get("charset") or _meta_charset(octets)))
    text = decode(octets, of_type.get("charset"))
    flowed = of_type.get("format", "").lower() == "flowed"
    return Body(text=_unflowed(text, delete_space=of_type.get("delsp", "").lower() == "yes") if flowed else text)


def _kept(file: File, walk: _Walk) -> Body:
    """Keep a file, or what is in it if it is a pack of Outlook's."""
    is_pack = file.mime in _PACKS or file.name.lower() == "winmail.dat"
    pack = unpacked(file.data) if is_pack else None
    if pack is None:
        walk.files.append(file)
        return Body()
    walk.packed = walk.packed or Body(pack.text, pack.html)
    for packed in pack.files:
        name = _file_name(packed.name, packed.mime, len(walk.files) + 1)
        walk.files.append(File(name, packed.data, packed.mime, packed.content_id))
    return Body()


def _alternative(children: list[Body]) -> Body:
    """Choose the richest of each form: the sender put it last (RFC 2046 section 5.1.4)."""
    texts = [child.text for child in children if child.text and child.text.strip()]
    htmls = [child.html for child in children if child.html and child.html.strip()]
    return Body(text=texts[0] if texts else None, html=htmls[-1] if htmls else None)


def _sequence(children: list[Body]) -> Body:
    """Join what follows each other; a piece that lacks one of the forms is turned into it."""
    said = [child for child in children if child.text is not None or child.html is not None]
    if len(said) < 2:
        return said[0] if said else Body()
    text = "\n".join(_as_text(child) for child in said) if any(c.text is not None for c in said) else None
    html = "\n".join(_as_html(child) for child in said) if any(c.html is not None for c in said) else None
    return Body(text, html)


def _as_text(body: Body) -> str:
    return body.text if body.text is not None else text_of(body.html or "")


def _as_html(body: Body) -> str:
    if body.html is not None:
        return body.html
    return "<div>" + html_entities.escape(body.text or "").replace("\n", "<br>") + "</div>"


def _file(part: Message, headers: Headers, mime: str, name: str | None, *, number: int) -> File:
    octets = _message_octets(part, headers) if mime.startswith("message/") else _octets(part)
    content_id = headers.text("content-id").strip("<> ")[:500] or None
    return File(
        name=_file_name(name, mime, number),
        data=octets,
        mime=mime,
        content_id=content_id,
        inline=headers.word("content-disposition") == "inline" or content_id is not None,
    )


def _file_name(name: str | None, mime: str, number: int) -> str:
    """Return a name that is only a name: no folder, no device, not too long, with the end that its type asks for."""
    plain = _UNSAFE_IN_NAME.sub("_", (name or "").replace("\\", "/").rpartition("/")[2]).strip(". ")
    if plain:
        return plain if len(plain) <= 150 else plain[:100] + "…" + plain[-40:]
    ending = ".eml" if mime == "message/rfc822" else ".txt" if mime.startswith("message/") else guess_extension(mime)
    return f"file-{number}{ending or '.bin'}"


def _octets(part: Message) -> bytes:
    encoding = part["content-transfer-encoding"]
    if encoding is not None and str(encoding) != str(encoding).strip():
        part.replace_header("content-transfer-encoding", str(encoding).strip())
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _message_octets(part: Message, headers: Headers) -> bytes:
    """Return a message inside the mail as it came, as far as the parser kept it."""
    pieces = list(_children(part)) or [part]
    if headers.word("content-transfer-encoding") == "base64":
        # Forbidden (RFC 2046 section 5.2.1) and common: the parser took the letters for a message without a header.
        try:
            return base64.b64decode("".join(str(piece.get_payload()) for piece in pieces))
        except (binascii.Error, ValueError):
            pass
    return b"\n".join(_whole(piece) for piece in pieces)


def _whole(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, IndexError, LookupError, ValueError, TypeError, AttributeError):
        # The generator refuses some of what the parser accepts; the text of it is still worth keeping.
        lines = [f"{name}: {value}" for name, value in message.raw_items()]
        return "\n".join([*lines, "", str(message.get_payload())]).encode("utf-8", "surrogateescape")


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    return (child for child in payload if isinstance(child, Message)) if isinstance(payload, list) else iter(())


def _mime(part: Message) -> str:
    return part.get_content_type().lower()


def _meta_charset(octets: bytes) -> str | None:
    found = _META_CHARSET.search(octets[:4096])
    return found[1].decode("ascii", "replace") if found else None


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Join the lines that a mailer broke softly (RFC 3676 section 4)."""
    lines: list[str] = []
    soft = False
    for line in text.split("\n"):
        quote = len(line) - len(line.lstrip(">"))
        content = line[quote:].removeprefix(" ") if quote else line.removeprefix(" ")
        if soft and lines and quote == _quote_depth(lines[-1]) and line != "-- ":
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + content
        else:
            lines.append(">" * quote + (" " if quote else "") + content)
        soft = line.endswith(" ") and line != "-- "
    return "\n".join(lines)


def _quote_depth(line: str) -> int:
    return len(line) - len(line.lstrip(">"))
