"""The server fails at every verb, and the error says exactly whether a mail has arrived, may yet, or never will."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from inbox.channel.model import Outgoing, Undelivered
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.domain.recipients import Fate, Recipient, Role
from inbox.errors import ConfigRejected, DeliveryDelayed, DeliveryFailed, DeliveryUncertain, RecipientGone
from inbox.testing.fakes import NOON
from inbox.testing.smtp import SmtpSink
from inbox_email.channel import EmailConnection
from inbox_email.pool import Room
from inbox_email.smtp import Patience
from tests.channels.email.builders import ADDRESS, config, host_for

QUICK = Patience(connect=1, envelope=1, body=1, verdict=0.3)
ALONE = Room(mails=1)  # a connection for each mail
MESSAGE = Outgoing(
    id=MessageId(UUID(int=1)),
    ticket_id=TicketId(UUID(int=2)),
    inbox_id=InboxId(UUID(int=3)),
    text="It is on its way.",
    at=NOON,
    from_name="Mara",
    subject="Your reward",
    to=("ann@example.net",),
)
BOTH = (Recipient("ann@example.net"), Recipient("bob@example.net", role=Role.BCC))


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink(user=ADDRESS, password="secret") as running:
        yield running


def connection(sink: SmtpSink, **settings: Any) -> EmailConnection:
    return EmailConnection(config(**settings), host_for(smtp=(sink.host, sink.port)), patience=QUICK, room=ALONE)


async def test_a_mail_is_handed_over_with_its_envelope(sink: SmtpSink) -> None:
    ready = connection(sink)
    external_id, octets = ready.prepare(MESSAGE)

    receipt = await ready.send(replace(MESSAGE, frozen=octets, recipients=BOTH))

    [mail] = sink.mails
    assert (mail.sender, mail.recipients) == (ADDRESS, ("ann@example.net", "bob@example.net"))
    assert mail.body == octets
    assert receipt.external_id == external_id
    assert receipt.delivery == "sent"


async def test_a_server_that_reports_is_asked_to_name_our_mail_and_whom_we_meant(sink: SmtpSink) -> None:
    sink.extensions = ["DSN"]
    whom = (Recipient("ann+tag=1@example.net"), Recipient("bob@example.net", role=Role.BCC))
    receipt = await connection(sink).send(replace(MESSAGE, recipients=whom))

    sender, *recipients = sink.envelope
    own = str(receipt.external_id).strip("<>").partition("@")[0]
    assert sender.startswith(f"MAIL FROM:<{ADDRESS}>")
    assert sender.endswith(f" RET=HDRS ENVID={own}")
    assert recipients == [
        "RCPT TO:<ann+tag=1@example.net> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann+2Btag+3D1@example.net",
        "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY ORCPT=rfc822;bob@example.net",
    ]


class Once(dict[str, str]):
    """Answers of which each is given once."""

    def get(self, key: str, default: Any = None) -> Any:
        return self.pop(key, default)


async def test_a_server_that_offers_reports_and_knows_none_gets_the_mail_all_the_same(sink: SmtpSink) -> None:
    sink.extensions = ["DSN"]
    sink.answers = Once(MAIL="555 5.5.4 unsupported option")
    await connection(sink).send(MESSAGE)

    assert [mail.recipients for mail in sink.mails] == [("ann@example.net",)]
    assert sink.envelope[-1] == "RCPT TO:<ann@example.net>"


async def test_a_server_that_does_not_report_is_asked_for_nothing(sink: SmtpSink) -> None:
    await connection(sink).send(MESSAGE)
    assert not any(word in line for line in sink.envelope for word in ("ENVID", "NOTIFY", "ORCPT"))


async def test_a_mail_that_no_person_wrote_asks_for_no_reports(sink: SmtpSink) -> None:
    sink.extensions = ["DSN"]
    await connection(sink).send(replace(MESSAGE, automatic=True))
    assert not any(word in line for line in sink.envelope for word in ("ENVID", "NOTIFY", "ORCPT"))


@pytest.mark.parametrize("methods", ["PLAIN", "LOGIN"])
async def test_every_way_to_sign_in_works(sink: SmtpSink, methods: str) -> None:
    sink.methods = methods
    await connection(sink).send(MESSAGE)
    assert len(sink.mails) == 1


async def test_a_line_with_a_single_dot_does_not_end_a_mail(sink: SmtpSink) -> None:
    octets = b"Subject: x\r\n\r\n.\r\n..\r\nend\r\n"
    await connection(sink).send(replace(MESSAGE, frozen=octets))
    assert sink.mails[0].body == octets


async def test_a_large_mail_arrives_whole(sink: SmtpSink) -> None:
    octets = b"Subject: x\r\n\r\n" + b"0123456789.\r\n" * 400_000
    await connection(sink).send(replace(MESSAGE, frozen=octets))
    assert sink.mails[0].body == octets


VERBS = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", ["drop_at", "silent_at"])
async def test_a_loss_before_the_final_dot_only_delays(sink: SmtpSink, fault: str, verb: str) -> None:
    setattr(sink, fault, verb)
    with pytest.raises(DeliveryDelayed):
        await connection(sink).send(MESSAGE)
    assert sink.mails == []


@pytest.mark.parametrize("fault", ["drop_at", "silent_at"])
async def test_a_loss_behind_the_final_dot_is_uncertain(sink: SmtpSink, fault: str) -> None:
    setattr(sink, fault, "DOT")
    with pytest.raises(DeliveryUncertain):
        await connection(sink).send(MESSAGE)
    assert len(sink.mails) == 1


async def test_a_loss_behind_the_answer_changes_nothing(sink: SmtpSink) -> None:
    sink.drop_at = "QUIT"
    assert (await connection(sink).send(MESSAGE)).delivery == "sent"


@pytest.mark.parametrize(
    ("verb", "answer", "error"),
    [
        ("GREETING", "421 too busy", DeliveryDelayed),
        ("GREETING", "554 go away", ConfigRejected),
        ("EHLO", "421 later", DeliveryDelayed),
        ("EHLO", "502 no", ConfigRejected),
        ("AUTH", "454 4.7.0 Too many login attempts", DeliveryDelayed),
        ("AUTH", "535 5.7.8 wrong password", ConfigRejected),
        ("AUTH", "534 5.7.9 application password required", ConfigRejected),
        ("AUTH", "530 5.7.0 STARTTLS first", ConfigRejected),
        ("MAIL", "451 4.3.0 later", DeliveryDelayed),
        ("MAIL", "530 5.7.0 sign in first", ConfigRejected),
        ("MAIL", "550 5.7.60 not in this name", ConfigRejected),
        ("MAIL", "553 5.7.1 sender rejected", ConfigRejected),
        ("MAIL", "552 5.3.4 too big", DeliveryFailed),
        ("RCPT", "450 4.2.0 greylisted", DeliveryDelayed),
        ("RCPT", "452 4.2.2 mailbox full", DeliveryDelayed),
        ("RCPT", "550 5.1.1 no such user", DeliveryFailed),
        ("RCPT", "552 5.2.2 mailbox full", DeliveryFailed),
        ("RCPT", "550 5.7.30 Basic authentication is not supported", ConfigRejected),
        ("DATA", "451 4.3.0 later", DeliveryDelayed),
        ("DATA", "554 5.5.1 no", DeliveryFailed),
        ("DOT", "451 4.7.1 later", DeliveryDelayed),
        ("DOT", "421 4.3.2 shutting down", DeliveryDelayed),
        ("DOT", "550 5.7.1 looks like spam", DeliveryFailed),
        ("DOT", "552 5.3.4 too big", DeliveryFailed),
        ("DOT", "550 5.7.60 not in this name", ConfigRejected),
    ],
)
async def test_every_answer_has_its_meaning(sink: SmtpSink, verb: str, answer: str, error: type[Exception]) -> None:
    sink.answers[verb] = answer

    with pytest.raises(error) as raised:
        await connection(sink).send(MESSAGE)

    assert type(raised.value).__mro__[:2][-1] is error or type(raised.value) is error
    assert answer[4:] in str(raised.value)
    assert sink.mails == []


async def test_a_recipient_refused_beside_others_is_named(sink: SmtpSink) -> None:
    sink.answers["RCPT bob@example.net"] = "550 5.1.1 no such user"
    receipt = await connection(sink).send(replace(MESSAGE, recipients=BOTH))
    assert sink.mails[0].recipients == ("ann@example.net",)
    assert receipt.undelivered == (Undelivered("bob@example.net", "550 5.1.1 no such user", status="5.1.1", gone=True),)


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ("550 5.1.1 <ann@example.net>: Recipient address rejected", True),
        ("550 No such user here", True),
        ("550 5.1.10 null MX", True),
        ("550 5.7.1 unknown user reputation", False),
        ("552 5.2.2 mailbox full", False),
        ("550 rejected as spam", False),
    ],
)
async def test_nobody_there_is_told_from_not_wanted(sink: SmtpSink, answer: str, gone: bool) -> None:
    sink.answers["RCPT"] = answer
    with pytest.raises(DeliveryFailed) as raised:
        await connection(sink).send(MESSAGE)
    assert isinstance(raised.value, RecipientGone) is gone


async def test_when_all_of_several_are_refused_nothing_is_sent_and_each_is_told_apart(sink: SmtpSink) -> None:
    sink.answers |= {"RCPT bob@example.net": "450 4.2.0 later", "RCPT ann@example.net": "550 5.1.1 no"}
    receipt = await connection(sink).send(replace(MESSAGE, recipients=BOTH))

    assert "DATA" not in sink.commands
    assert [(each.recipient, each.permanent) for each in receipt.undelivered] == [
        ("ann@example.net", True),
        ("bob@example.net", False),
    ]


async def test_who_has_a_mail_does_not_get_it_again(sink: SmtpSink) -> None:
    recipients = (replace(BOTH[0], state=Fate.SENT), BOTH[1])
    await connection(sink).send(replace(MESSAGE, recipients=recipients))
    assert sink.mails[0].recipients == ("bob@example.net",)


async def test_an_address_that_the_server_cannot_write_is_refused_beside_others(sink: SmtpSink) -> None:
    umlaut = Recipient("jürgen@müller.example", role=Role.CC)
    receipt = await connection(sink).send(replace(MESSAGE, recipients=(BOTH[0], umlaut)))
    assert sink.mails[0].recipients == ("ann@example.net",)
    assert [each.recipient for each in receipt.undelivered] == ["jürgen@müller.example"]


async def test_an_answer_of_many_lines_is_read_whole(sink: SmtpSink) -> None:
    sink.answers["RCPT"] = "550-5.1.1 no\n550 5.1.1 such user"
    with pytest.raises(DeliveryFailed, match="such user"):
        await connection(sink).send(MESSAGE)


async def test_a_server_that_is_not_there_delays(sink: SmtpSink) -> None:
    await sink.stop()
    with pytest.raises(DeliveryDelayed):
        await connection(sink).send(MESSAGE)


@pytest.mark.parametrize("to", [(), ("no address",), ("a@b.example\r\nRCPT TO:<eve@evil.example>",)])
async def test_a_message_without_an_address_fails(sink: SmtpSink, to: tuple[str, ...]) -> None:
    with pytest.raises(DeliveryFailed):
        await connection(sink).send(replace(MESSAGE, to=to))
    assert sink.commands == []


async def test_an_address_with_other_letters_fails_where_the_server_has_none(sink: SmtpSink) -> None:
    with pytest.raises(DeliveryFailed):
        await connection(sink).send(replace(MESSAGE, to=("jürgen@example.net",)))


async def test_a_domain_with_other_letters_is_written_as_the_network_knows_it(sink: SmtpSink) -> None:
    await connection(sink).send(replace(MESSAGE, to=("j@bücher.example",)))
    assert sink.mails[0].recipients == ("j@xn--bcher-kva.example",)


async def test_a_delivery_can_be_cancelled(sink: SmtpSink) -> None:
    sink.silent_at = "RCPT"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await connection(sink).send(MESSAGE)


async def test_a_signed_in_server_is_needed_only_where_it_asks(sink: SmtpSink) -> None:
    sink.user = None
    await connection(sink).send(MESSAGE)
    assert "AUTH" not in sink.commands
