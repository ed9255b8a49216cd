"""Writes our mails: text and HTML, files, the marks that bring an answer back; the same message, the same bytes."""

from __future__ import annotations

import base64
import html as html_entities
import quopri
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from textwrap import wrap
from urllib.parse import quote as percent_encoded

from inbox.channel.model import File, Outgoing
from inbox.channel.signing import ticket_token
from inbox.domain.recipients import Recipient, Role, distinct
from inbox.errors import Invalid
from inbox_email.charsets import clean, one_line
from inbox_email.config import EmailConfig
from inbox_email.forwarding import block_of
from inbox_email.marks import loop_mark, marked_address, message_id, probe_mark
from inbox_email.understand import shortened

MAX_QUOTE = 20_000  # characters
MAX_SUBJECT = 500

# RFC 3834 section 5, and what Exchange heeds instead.
_AUTOMATIC = ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"]
_LONG_ID = 250  # characters: what somebody else wrote is repeated by a machine only as far as it must
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]{1,250}")
_ID = re.compile(r"<[^<>\s]{1,990}>")
_ANSWERED = re.compile(r"\s*(?:re|aw|antw|sv|vs|rif|odp|ynt)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_PASSED_ON = re.compile(r"\s*(?:fwd?|wg)\s*:", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_MIME = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,100}")


def compose(config: EmailConfig, key: bytes, message: Outgoing) -> tuple[str, bytes]:
    """Return the Message-ID and the bytes of a mail."""
    whom = written_to(message)
    own_id = message_id(key, message.ticket_id, message.id, domain=config.domain)
    fields = [
        _field("From", _named(_sender_name(config, message), config.address)),
        _field("To", _people(whom, Role.TO) or "undisclosed-recipients:;"),
        *([_field("Cc", _people(whom, Role.CC))] if _people(whom, Role.CC) else []),
        _field("Subject", _encoded(_subject(message), at=9)),
        _field("Date", format_datetime(message.at)),
        _field("Message-ID", own_id),
        *_reply_to(config, key, message),
        *_threading(message),
        *(_AUTOMATIC if message.automatic else []),
        *([_field("Disposition-Notification-To", config.address)] if _asks_for_receipt(config, message) else []),
        _field("X-Loop-Mark", loop_mark(key, own_id)),
        _field("MIME-Version", "1.0"),
    ]
    return own_id, ("\r\n".join(fields) + "\r\n").encode("utf-8") + _content(config, message)


def _asks_for_receipt(config: EmailConfig, message: Outgoing) -> bool:
    return config.ask_for_receipts and not message.automatic


def written_to(message: Outgoing) -> tuple[Recipient, ...]:
    """Return whom a mail goes to, by their addresses as they stand on the wire; raise Invalid for what is none."""
    whom = message.recipients or distinct(Recipient(address) for address in _contact(message))
    return tuple(replace(each, address=_on_the_wire(each.address)) for each in whom)


def _contact(message: Outgoing) -> list[str]:
    """Return where to answer: where the contact wrote from, if that is still theirs, else their first address."""
    wrote_from = str(message.parent_meta.get("from", "")).casefold()
    addresses = [address for address in message.to if _ADDRESS.fullmatch(address.strip())]
    return [a for a in addresses if a.casefold() == wrote_from][:1] or addresses[:1]


def _on_the_wire(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    try:
        written = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        written = ""
    if not _ADDRESS.fullmatch(written):
        raise Invalid(f"Nobody can write to {one_line(address)[:200]}.", pointer="/to")
    return written


def _people(whom: Sequence[Recipient], role: Role) -> str:
    """Return one field of addresses, a line each; whoever gets a blind copy stands in none (RFC 5322 section 3.6.3)."""
    return ",\r\n ".join(_named(one_line(each.name or ""), each.address) for each in whom if each.role is role)


def _sender_name(config: EmailConfig, message: Outgoing) -> str:
    person, team = one_line(message.from_name), one_line(config.display_name)
    return f"{person} ({team})" if person and team else person or team


def _subject(message: Outgoing) -> str:
    subject = one_line(message.subject or "")[:MAX_SUBJECT]
    is_answer = message.parent_external_id is not None and not message.automatic
    if message.passes_on:
        return subject if _PASSED_ON.match(subject) else f"Fwd: {subject}"
    return f"Re: {subject}" if is_answer and not _ANSWERED.match(subject) else subject


def _reply_to(config: EmailConfig, key: bytes, message: Outgoing) -> list[str]:
    """Let an answer find its ticket by the address alone: some mailers and providers lose every Message-ID."""
    if message.automatic or not config.marks_replies:
        return []
    marked = marked_address(config.address, f"c.{ticket_token(key, message.ticket_id)}")
    return [_field("Reply-To", _named(one_line(config.display_name), marked))] if marked else []


def probe_mail(config: EmailConfig, key: bytes, *, to: str, at: datetime) -> bytes:
    """Return the mail to ourselves that shows whether marked addresses reach us."""
    fields = [
        _field("From", config.address),
        _field("To", to),
        _field("Subject", "Probe"),
        _field("Date", format_datetime(at)),
        _field("Message-ID", f"<{probe_mark(key, config.address)}.{int(at.timestamp())}@{config.domain}>"),
        _field("Auto-Submitted", "auto-generated"),
        _field("MIME-Version", "1.0"),
    ]
    words = "The service wrote this to itself to see whether addresses with a mark behind a plus arrive.\n"
    return ("\r\n".join(fields) + "\r\n").encode() + _text("plain", words)


def _threading(message: Outgoing) -> list[str]:
    """Name what is answered, and the thread so far (RFC 5322 section 3.6.4)."""
    # A second mail under a used id is known by the id and its digest.
    named = re.sub(r"(?<=>)#[0-9a-f]+$", "", message.parent_external_id or "")
    parent = [named] if _ID.fullmatch(named) else []
    if message.automatic:
        return [_field("In-Reply-To", own) for own in parent if own.isascii() and len(own) <= _LONG_ID]
    before = message.parent_meta.get("references") or message.references
    thread = shortened(
        i
        for i in [*(i for i in before if i not in parent), *parent]
        if isinstance(i, str) and i.isascii() and _ID.fullmatch(i)
    )
    fields = [_field("In-Reply-To", parent[0])] if parent and parent[0].isascii() else []
    return [*fields, *([_field("References", "\r\n ".join(thread))] if thread else [])]


def _content(config: EmailConfig, message: Outgoing) -> bytes:
    said = clean(message.text).strip("\n")
    signature = clean(config.signed(message.language)).strip("\n")
    quoted = clean(message.quote or "")[:MAX_QUOTE].strip("\n") if config.quote_original else ""
    introduction = _introduction(message) if quoted else ""
    passed_on = block_of(message.passes_on) if message.passes_on else ""
    boundary = f"=_{message.id.hex}"
    both = _multipart(
        "alternative",
        boundary + "_a",
        [
            _text("plain", _as_text(said, signature, introduction, quoted, passed_on)),
            _text("html", _as_html(said, signature, introduction, quoted, passed_on)),
        ],
    )
    files = [_file(file) for file in message.files]
    return _multipart("mixed", boundary + "_m", [both, *files]) if files else both


def _introduction(message: Outgoing) -> str:
    """Introduce a quote without words, for the reader's language is not known."""
    date = message.parent_meta.get("date")
    written = message.parent_meta.get("from") or next((each.address for each in written_to(message)), None)
    if not isinstance(date, str) or not written:
        return ""
    return f"{datetime.fromisoformat(date):%Y-%m-%d %H:%M %z} <{one_line(str(written))}>:"


def _as_text(said: str, signature: str, introduction: str, quoted: str, passed_on: str) -> str:
    parts = [said]
    parts += [f"-- \n{signature}"] if signature else []
    lines = [f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in quoted.split("\n")]
    parts += ["\n".join([*([introduction] if introduction else []), *lines])] if quoted else []
    return "\n\n".join([*parts, *([passed_on] if passed_on else [])]) + "\n"


def _as_html(said: str, signature: str, introduction: str, quoted: str, passed_on: str) -> str:
    parts = [f"<div>{_marked_up(said)}</div>"]
    parts += [f"<div>-- <br>{_marked_up(signature)}</div>"] if signature else []
    if quoted:
        parts.append(f'<blockquote type="cite"><div>{_marked_up(introduction)}</div>{_marked_up(quoted)}</blockquote>')
    parts += [f"<div>{_marked_up(passed_on)}</div>"] if passed_on else []
    return "<!DOCTYPE html>\n<html><body>\n" + "\n<br>\n".join(parts) + "\n</body></html>\n"


def _marked_up(text: str) -> str:
    """Return text as HTML: escaped, with its links and line breaks."""
    pieces, done = list[str](), 0
    for link in _URL.finditer(text):
        address = html_entities.escape(link[0])
        pieces += [html_entities.escape(text[done : link.start()]), f'<a href="{address}">{address}</a>']
        done = link.end()
    return "".join([*pieces, html_entities.escape(text[done:])]).replace("\n", "<br>\n")


def _text(kind: str, content: str) -> bytes:
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + _with_crlf(quopri.encodestring(content.encode("utf-8", "replace")))


def _file(file: File) -> bytes:
    """Return a file as a part; what would have to be taken apart again is sent as mere bytes."""
    is_plain = _MIME.fullmatch(file.mime) and not file.mime.lower().startswith(("message/", "multipart/"))
    name = _short(one_line(file.name)) or "file"
    head = (
        f"Content-Type: {file.mime if is_plain else 'application/octet-stream'}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; {_file_name(name)}\r\n\r\n"
    )
    return head.encode("ascii") + _with_crlf(base64.encodebytes(file.data))


def _file_name(name: str) -> str:
    if not name.isascii():
        return f"filename*=utf-8''{percent_encoded(name, safe='', errors='replace')}"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'filename="{escaped}"'


def _short(name: str) -> str:
    """Keep a name with its ending short enough for one line of a header, however it is encoded."""
    return name if len(name) <= 70 else f"{name[:55]}…{name[-14:]}"


def _multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    mark = f"--{boundary}\r\n".encode("ascii")
    body = b"".join(mark + part + (b"" if part.endswith(b"\r\n") else b"\r\n") for part in parts)
    return head + body + f"--{boundary}--\r\n".encode("ascii")


def _with_crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _field(name: str, value: str) -> str:
    return f"{name}: {value}"


def _named(name: str, address: str) -> str:
    if not name:
        return address
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(name, at=6)} <{address}>"


def _encoded(text: str, *, at: int) -> str:
    """Return text for a header: encoded words where needed, folded (RFC 2047); `at` is where it begins in its line."""
    if text.isascii():
        return "\r\n ".join(wrap(text, 70, break_long_words=False, break_on_hyphens=False))
    return Header(text, "utf-8", maxlinelen=75 - at).encode(linesep="\r\n")
