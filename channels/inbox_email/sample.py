"""Examples of mails, for the contract tests."""

from __future__ import annotations

from uuid import UUID

from inbox.channel.model import File, Outgoing
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.testing.fakes import NOON
from inbox.testing.sample import Sample, original
from inbox_email.channel import EmailChannel

_SETTINGS = {
    "address": "help@example.org",
    "imap_host": "imap.example.org",
    "imap_user": "help@example.org",
    "imap_password": "open sesame",
    "smtp_host": "smtp.example.org",
}
_PLAIN = (
    b"From: Ann <ann@example.net>\r\nTo: help@example.org\r\nSubject: Where is my reward?\r\n"
    b"Message-ID: <one@example.net>\r\nDate: Wed, 25 Mar 2026 12:00:00 +0100\r\n\r\nHello,\r\n\r\nwhere is it?\r\n"
)
_ANSWER = (
    b"From: =?utf-8?Q?J=C3=BCrgen?= <j@example.net>\r\nTo: help@example.org\r\nSubject: Re: Reward\r\n"
    b"In-Reply-To: <one@example.net>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Thanks!</p><blockquote type=cite>It is <img src=http://example.net/x.png> on its way.</blockquote>\r\n"
)
_NAMELESS = b"Subject: no sender, no date, no id\n\n\xff\x00"


def sample() -> Sample:
    """Return settings, mails as they arrive, and one to send."""
    return Sample(
        channel=EmailChannel(),
        config=_SETTINGS,
        other_secret={"imap_password": "other"},
        originals=tuple(
            original(octets, key=f"INBOX:1:{number}", content_type="message/rfc822")
            for number, octets in enumerate((_PLAIN, _ANSWER, _NAMELESS), 1)
        ),
        outgoing=Outgoing(
            id=MessageId(UUID(int=1)),
            ticket_id=TicketId(UUID(int=2)),
            inbox_id=InboxId(UUID(int=3)),
            text="It is on its way.\n\nGrüße",
            at=NOON,
            from_name="Mara",
            subject="Where is my reward?",
            to=("ann@example.net",),
            parent_external_id="<one@example.net>",
            files=(File("Beleg.pdf", b"%PDF-", "application/pdf"),),
        ),
    )
