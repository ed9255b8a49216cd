"""A read receipt stands at the message that was read, if somebody sent it who may know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.app.views import message_view
from inbox.channel.model import Original
from inbox.channel.signing import ticket_token
from inbox.domain.ids import MessageId, TicketId, new_id
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import Units
from inbox_email.marks import message_id
from inbox_email.understand import Reader
from tests.app.conftest import NOW, Take, later

KEY, US, GRETA = b"k" * 32, "help@example.org", "Greta <greta@example.net>"


def receipt(
    ours: str, *, sender: str = GRETA, disposition: str = "manual-action/MDN-sent-manually; displayed"
) -> bytes:
    lines = [
        f"From: {sender}",
        f"To: {US}",
        "Subject: Read: Lampe",
        f"Message-ID: <{abs(hash((sender, disposition)))}@example.net>",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "",
        "--b",
        "",
        "Your message was read.",
        "--b",
        "Content-Type: message/disposition-notification",
        "",
        "Reporting-UA: mail.example.net; Foomail 97.1",
        "Final-Recipient: rfc822;Greta@example.net",
        f"Original-Message-ID: {ours}",
        f"Disposition: {disposition}",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {ours}",
        "",
        "--b--",
    ]
    return "\r\n".join(lines).encode()


async def arrives(take: Take, octets: bytes) -> tuple[Ticket, Message]:
    received = Reader(US, KEY).read(Original("1", octets, "message/rfc822", later(5)))
    taken = await take("email", received, now=later(5))
    assert taken.ticket is not None
    assert taken.message is not None
    return taken.ticket, taken.message


async def answered(take: Take, units: Units) -> Message:
    """Return our answer to Greta's question."""
    first = f"From: {GRETA}\r\nTo: {US}\r\nSubject: Lampe\r\nMessage-ID: <first@example.net>\r\n\r\nWann?"
    ticket, _ = await arrives(take, first.encode())
    ours = MessageId(new_id())
    message = Message(
        ours,
        ticket.id,
        ticket.inbox_id,
        2,
        Kind.MESSAGE,
        Direction.OUTBOUND,
        NOW,
        "Im Mai.",
        delivery=Delivery.SENT,
        external_id=message_id(KEY, ticket.id, ours, domain="example.org"),
    )
    async with units() as unit:
        await unit.messages.add(message)
        await unit.tickets.save(replace(ticket, last_seq=2), now=NOW)
    return message


async def now(units: Units, message: Message) -> Message:
    async with units.reading() as unit:
        return await unit.messages.find(message.ticket_id, message.id)


@pytest.mark.parametrize(
    ("disposition", "how"),
    [
        ("manual-action/MDN-sent-manually; displayed", "displayed"),
        ("automatic-action/MDN-sent-automatically;\r\n displayed", "displayed"),
        ("manual-action/MDN-sent-manually; deleted/error", "deleted"),
    ],
)
async def test_a_receipt_stands_at_what_was_read(take: Take, units: Units, disposition: str, how: str) -> None:
    ours = await answered(take, units)
    ticket, report = await arrives(take, receipt(ours.external_id or "", disposition=disposition))
    read = await now(units, ours)

    assert ticket.id == ours.ticket_id
    assert message_view(read)["read"] == [{"by": "greta@example.net", "how": how, "at": "2026-03-23T09:05:00.000Z"}]
    assert read.delivery is Delivery.SENT
    assert message_view(report)["receipt"]


async def test_the_last_receipt_of_somebody_counts(take: Take, units: Units) -> None:
    ours = await answered(take, units)
    for disposition in ("x; deleted", "x; displayed"):
        await arrives(take, receipt(ours.external_id or "", disposition=disposition))

    assert [each["how"] for each in message_view(await now(units, ours))["read"]] == ["displayed"]


@pytest.mark.parametrize("disposition", ["x; processed", "x; dispatched", "", "displayed"])
async def test_a_report_of_nobodys_eyes_says_nothing(take: Take, units: Units, disposition: str) -> None:
    ours = await answered(take, units)
    await arrives(take, receipt(ours.external_id or "", disposition=disposition))

    assert message_view(await now(units, ours))["read"] == []


async def test_a_stranger_who_has_our_mark_has_read_nothing_for_others(take: Take, units: Units) -> None:
    ours = await answered(take, units)
    ticket, _ = await arrives(take, receipt(ours.external_id or "", sender="eve@evil.example"))

    assert ticket.id == ours.ticket_id
    assert message_view(await now(units, ours))["read"] == []


async def test_a_receipt_for_a_mail_of_another_ticket_changes_nothing(take: Take, units: Units) -> None:
    ours = await answered(take, units)
    elsewhere = f"<{ticket_token(KEY, TicketId(new_id()))}.x@example.org>"
    await arrives(take, receipt(elsewhere))

    assert message_view(await now(units, ours))["read"] == []
