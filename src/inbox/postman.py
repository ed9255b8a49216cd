"""Sends the service's own mails by the server that the settings name."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from inbox.app.letters import Letter
from inbox.errors import Unavailable

_WITHIN = 20.0  # seconds
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpPostman:
    """A mail server of the administrator's choice, often on this machine or network; so it is not guarded."""

    url: str = field(repr=False)
    sender: str

    async def send(self, letter: Letter) -> None:
        """Hand a letter over; raise Unavailable without telling the server's address or password."""
        parts = urlsplit(self.url)
        try:
            await aiosmtplib.send(
                _message(letter, self.sender),
                hostname=parts.hostname,
                port=parts.port or _PORTS[parts.scheme],
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=parts.scheme == "smtps",
                timeout=_WITHIN,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("The mail could not be sent.") from error


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"], message["Message-ID"] = formatdate(usegmt=True), make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office should answer
    message.set_content(letter.text)
    return message
