"""Mails for tests, with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from inbox.channel.model import Original, Received
from inbox_email.understand import Reader

TESTDATA = Path(__file__).parents[3] / "channels" / "inbox_email" / "testdata"
CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
ADDRESS = "help@example.org"
KEY = b"k" * 32
ARRIVED = datetime(2026, 2, 3, 9, 11, 12, tzinfo=UTC)

_DEFAULTS = {
    "From": "Ann <ann@example.net>",
    "To": ADDRESS,
    "Subject": "Where is my reward?",
    "Message-ID": "<m1@example.net>",
    "Date": "Tue, 3 Feb 2026 10:11:12 +0100",
    "Content-Type": "text/plain; charset=utf-8",
}


def mail(text: str = "Hello", **headers: str | None) -> bytes:
    """Return a mail; `in_reply_to="<x@y>"` sets a header and `date=None` leaves one out."""
    given = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    fields = {name: given.pop(name.lower(), value) for name, value in _DEFAULTS.items()} | given
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\r\n".join([*lines, "", ""]) + text).encode("utf-8", "surrogateescape")


def original(octets: bytes, *, content_type: str = "message/rfc822") -> Original:
    """Return a mail as the pull loop keeps it."""
    return Original("INBOX:1:1", octets, content_type, ARRIVED)


def understood(octets: bytes | str, *, address: str = ADDRESS) -> Received:
    """Return what is made of a mail, or of a file in testdata."""
    octets = (TESTDATA / octets).read_bytes() if isinstance(octets, str) else octets
    return Reader(address, KEY).understand(original(octets))
