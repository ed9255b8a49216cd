"""Reports of mails that did not arrive: whom they name, what they say, and what is none."""

from __future__ import annotations

import pytest

from inbox.domain.ids import MessageId, TicketId, new_id
from inbox_email.bounces import report_of
from inbox_email.marks import envelope_id, message_id
from inbox_email.mime import take_apart
from tests.channels.email.builders import KEY, mail, understood

_DAEMON = {"From": "Mail Delivery System <MAILER-DAEMON@mx.example.org>", "Subject": "Undelivered Mail"}


def failures(text: str, **headers: str) -> list[tuple[str, str]]:
    report = report_of(take_apart(mail(text, **(_DAEMON | headers))))
    return [(failure.recipient, failure.action) for failure in report.failures]


def standard(*groups: str) -> str:
    status = "\r\n\r\n".join(["Reporting-MTA: dns; mx.example.org\r\nOriginal-Envelope-Id: m-42", *groups])
    return f"--d\r\n\r\nSorry.\r\n--d\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n\r\n--d--\r\n"


_STANDARD = {"content_type": "multipart/report; report-type=delivery-status; boundary=d"}


def test_a_report_by_the_standard_names_each_recipient_with_status_and_words() -> None:
    gone = "Final-Recipient: rfc822; ann@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    slow = "Final-Recipient: rfc822; bob@example.net\r\nAction: delayed\r\nStatus: 4.4.1"
    octets = mail(standard(gone + "Diagnostic-Code: smtp; 550 5.1.1\r\n No such user", slow), **_STANDARD)
    report = report_of(take_apart(octets))
    assert [(f.recipient, f.action, f.status) for f in report.failures] == [
        ("ann@example.net", "failed", "5.1.1"),
        ("bob@example.net", "delayed", "4.4.1"),
    ]
    assert report.failures[0].reason == "550 5.1.1 No such user"
    assert report.envelope == "m-42"


def test_a_report_that_returns_nothing_is_known_by_the_id_of_our_envelope() -> None:
    ticket, message = TicketId(new_id()), MessageId(new_id())
    own_id = message_id(KEY, ticket, message, domain="example.org")
    group = "Final-Recipient: rfc822; ann@example.net\r\nAction: failed\r\nStatus: 5.1.1"
    report = standard(group).replace("m-42", envelope_id(own_id))
    received = understood(mail(report, **_STANDARD))

    assert len(envelope_id(own_id)) <= 100
    assert (received.ticket, received.about) == (ticket, message)
    assert [(u.recipient, u.gone) for u in received.undelivered] == [("ann@example.net", True)]


def test_an_envelope_id_of_others_proves_nothing() -> None:
    group = "Final-Recipient: rfc822; ann@example.net\r\nAction: failed"
    received = understood(mail(standard(group), **_STANDARD))

    assert (received.ticket, received.about, received.references) == (None, None, ())


def test_the_address_that_we_wrote_to_counts_and_not_where_it_was_forwarded() -> None:
    group = "Original-Recipient: rfc822;ann@example.net\r\nFinal-Recipient: rfc822;box17@in.example\r\nAction: failed"
    octets = mail(standard(group), **_STANDARD)
    assert [f.recipient for f in report_of(take_apart(octets)).failures] == ["ann@example.net"]


@pytest.mark.parametrize(
    "text",
    [
        "Hi. This is the qmail-send program.\n\n<ann@example.net>:\n550 user unknown\n\n--- Below this line is a copy",
        "A message could not be delivered.\nThe following address(es) failed:\n\n  ann@example.net\n    Unrouteable",
        "Your message\n  To: list@example.com\ndid not reach the following recipient(s):\n\nann@example.net on Fri",
        "The following recipient could not be reached:\n\tRecipient: [SMTP:ann@example.net]\n\tReason: 550",
        "Diese Nachricht konnte nicht zugestellt werden an folgende Empfänger:\n\nann@example.net\n\nUnbekannt",
        "... while talking to mx.example.net:\n>>> RCPT To:<ann@example.net>\n<<< 550 5.1.1 unknown",
        "Undeliverable.\n\n--- Original message ---\nReceived: from x\nTo: ann@example.net\nSubject: Hello",
    ],
)
def test_a_report_in_words_names_who_was_not_reached(text: str) -> None:
    assert failures(text) == [("ann@example.net", "failed")]


def test_a_report_that_is_still_trying_is_no_failure() -> None:
    text = "Warning: your message is delayed.\n\n<ann@example.net>\n\nIt will be retried for 5 days."
    assert failures(text) == [("ann@example.net", "delayed")]


def test_what_a_bounce_says_of_our_mail_comes_with_its_name() -> None:
    ours = MessageId(new_id())
    own_id = message_id(KEY, TicketId(new_id()), ours, domain="example.org")
    text = (
        f"<ann@example.net>: 550 unknown user\n\n--- Below this line is a copy\n\nMessage-ID: {own_id}\nTo: ann@x.org"
    )
    received = understood(mail(text, **_DAEMON))
    assert received.about == ours
    assert [(f.recipient, f.permanent) for f in received.undelivered] == [("ann@example.net", True)]
    assert received.undelivered[0].reason == "<ann@example.net>: 550 unknown user"


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("My parcel was returned to sender, could you send it again to ann@example.net?", {"Subject": "Undeliverable"}),
        ("I get 'mail could not be delivered' when I write to bob@example.net.", {"Subject": "Help please"}),
        ("Look what I got:\n> <bob@example.net>: user unknown", {"Subject": "Re: Undelivered Mail"}),
        ("See below.", {"Subject": "Fwd: failure notice", "In-Reply-To": "<1@x>"}),
    ],
)
def test_a_person_who_writes_about_undelivered_things_is_no_bounce(text: str, headers: dict[str, str]) -> None:
    assert understood(mail(text, **headers)).meta.get("automatic") is None


def test_a_complaint_by_a_feedback_loop_is_no_bounce() -> None:
    received = understood(
        mail("--d\r\n\r\nspam\r\n--d--", content_type="multipart/report; report-type=feedback-report; boundary=d")
    )
    assert received.meta["automatic"] == "complaint"
    assert received.undelivered == ()
