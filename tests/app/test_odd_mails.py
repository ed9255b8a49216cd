"""Mails that lack what every mail should have are messages all the same; none is dropped, none doubled."""

from __future__ import annotations

import pytest

from inbox.app.intake import Door
from inbox.app.queries import TicketQuery, View
from inbox.app.understanding import understand_pending
from inbox.channel.model import Original, Received
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.store.unit_of_work import Units
from inbox_email.understand import Reader
from tests.app.conftest import CAPABILITIES, NOW
from tests.app.far_end import FarEnd, OneInbox
from tests.app.test_intake import NoFiles

WHOLE = b"From: Ann <ann@example.net>\r\nTo: help@example.org\r\nDate: Mon, 23 Mar 2026 09:00:00 +0100\r\n"
ODD = {
    "nothing": b"",
    "no header": b"Only words.\r\n",
    "no Message-ID": WHOLE + b"\r\nHello",
    "no From": b"To: help@example.org\r\nMessage-ID: <1@x>\r\n\r\nHello",
    "no Date": b"From: ann@example.net\r\nMessage-ID: <1@x>\r\n\r\nHello",
    "a Date that is none": WHOLE.replace(b"Mon, 23 Mar 2026", b"Somday, 99 Foo 20x6") + b"\r\nHello",
    "an empty Message-ID": WHOLE + b"Message-ID: <>\r\n\r\nHello",
    "a charset that is none": WHOLE + b"Content-Type: text/plain; charset=x-nowhere\r\n\r\nGr\xfc\xdfe",
    "a charset that lies": WHOLE + b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe",
    "NUL and surrogates": WHOLE + b"Subject: a\x00b \xed\xa0\x80\r\n\r\nHel\x00lo \xed\xbf\xbf",
    "a From that is no address": b"From: <<>>@@ undisclosed\r\nMessage-ID: <1@x>\r\n\r\nHello",
    "a From longer than any": b"From: " + b"a" * 70_000 + b"@example.net\r\nMessage-ID: <1@x>\r\n\r\nHello",
    "parts that never end": WHOLE + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello',
}


class Mailbox(FarEnd):
    """Understands mails as the e-mail channel does."""

    def understand(self, original: Original) -> list[Received]:
        return Reader("help@example.org", b"k" * 32).understand(original)


@pytest.mark.parametrize("what", ODD)
async def test_a_mail_is_a_message_whatever_it_lacks(units: Units, inboxes: dict[str, Inbox], what: str) -> None:
    inbox = inboxes["email"]
    found = [Original(f"INBOX:1:{n}", ODD[what], "message/rfc822", NOW) for n in range(2)]
    async with units() as unit:
        assert await unit.originals.add_all(inbox.id, found, state="pending") == 1

    opened = OneInbox(inbox, Mailbox(CAPABILITIES["email"]))
    while await understand_pending(Door(units, opened, NoFiles(), lambda: NOW)):
        continue

    async with units.reading() as unit:
        assert await unit.originals.count_quarantined(EVERYTHING) == 0
        (ticket,) = (await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL))).items
    assert ticket.last_seq == 1
