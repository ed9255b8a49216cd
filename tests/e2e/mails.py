"""Mails, and where they are fetched and sent."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any, Protocol

from inbox.testing.smtp import SmtpSink


class Mailbox(Protocol):
    """An IMAP server with one mailbox."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...


def mail(sender: str, message_id: str, subject: str, text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, "help@example.org", subject, message_id
    made["Date"] = "Mon, 23 Nov 2026 09:00:00 +0100"
    made.set_content(text)
    return made.as_bytes()


def mail_settings(mailbox: Mailbox, sink: SmtpSink) -> dict[str, Any]:
    """Return the settings of an e-mail inbox."""
    return {
        "address": "help@example.org",
        "imap_host": mailbox.host,
        "imap_port": mailbox.port,
        "imap_security": "none",
        "imap_user": mailbox.user,
        "imap_password": mailbox.password,
        "sync_from": "all",
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "smtp_security": "none",
    }
