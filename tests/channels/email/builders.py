"""Mails for tests, with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from inbox.channel.host import Host
from inbox.channel.model import Original, Received
from inbox.testing.fakes import FakeDialer, fake_host
from inbox_email.config import EmailConfig
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
    return Reader(address, KEY).read(original(octets))


def config(**settings: object) -> EmailConfig:
    """Return settings of an inbox on unencrypted servers."""
    defaults: dict[str, object] = {
        "address": ADDRESS,
        "imap_host": "imap.example.org",
        "imap_port": 143,
        "imap_security": "none",
        "imap_user": ADDRESS,
        "imap_password": "secret",
        "smtp_host": "smtp.example.org",
        "smtp_port": 587,
        "smtp_security": "none",
        "sync_from": "all",
    }
    return EmailConfig.model_validate(defaults | settings)


def host_for(*, imap: tuple[str, int] | None = None, smtp: tuple[str, int] | None = None) -> Host:
    """Return a host whose dialer finds the servers of `config` at these places."""
    places = {("imap.example.org", 143): imap, ("smtp.example.org", 587): smtp}
    return fake_host(dialer=FakeDialer({name: place for name, place in places.items() if place}))
