"""What a mail becomes: nothing is lost, nothing harmful stays, the ticket is proved and never guessed."""

from uuid import UUID

import pytest

from inbox.channel.model import Received
from inbox.channel.signing import ticket_token
from inbox.domain.contact import IdentityKind
from inbox.domain.ids import MessageId, TicketId
from inbox.domain.recipients import Recipient, Role
from inbox.errors import MessageUnreadable
from inbox_email.marks import LOOP_FIELD, loop_mark, message_id
from inbox_email.understand import Reader
from tests.channels.email.builders import ADDRESS, ARRIVED, KEY, TESTDATA, mail, original, understood

TICKET = TicketId(UUID(int=7))
MESSAGE = MessageId(UUID(int=9))
TOKEN = ticket_token(KEY, TICKET)


def sender(received: Received) -> tuple[str, bool]:
    claim = received.sender.claims[0]
    assert claim.kind is IdentityKind.EMAIL
    return claim.value, claim.verified


def test_an_answer_from_gmail_is_read_and_its_quote_folded() -> None:
    received = understood("gmail-reply.eml")

    assert sender(received) == ("juergen@example.net", True)
    assert received.sender.name == "Jürgen Weiß"
    assert received.subject == "Re: Rückzahlung"
    assert received.text == "Vielen Dank, das Geld ist da!"
    assert received.html is not None
    assert "<b>da</b>" in received.html
    assert "überwiesen" not in received.html
    assert received.quoted is not None
    assert "wir haben es überwiesen" in received.quoted
    assert received.references == ("<our-1@example.org>", "<first@example.net>")
    assert received.external_id == "<CAF1@mail.example.net>"
    assert received.at == ARRIVED


def test_whom_a_mail_was_for_is_read_from_to_and_cc_each_once() -> None:
    received = understood(
        mail(to=f'{ADDRESS}, "Weiß, Paul" <paul@example.net>', cc="PAUL@example.net, =?utf-8?q?J=C3=B6?= <jo@x.org>")
    )

    assert received.recipients == (
        Recipient(ADDRESS),
        Recipient("paul@example.net", "Weiß, Paul"),
        Recipient("jo@x.org", "Jö", Role.CC),
    )


def test_inline_answers_keep_everything() -> None:
    received = understood("gmail-inline.eml")
    assert received.quoted is None
    assert received.html is not None
    assert all(part in received.html for part in ("Which size?", "Large, please.", "Blue."))
    assert "Large, please." in received.text


def test_an_answer_from_outlook_is_folded_at_its_mark() -> None:
    received = understood("outlook-reply.eml")
    assert received.text == "Guten Tag,\n\nbitte löschen Sie mein Konto €."
    assert received.quoted is not None
    assert "Vielen Dank für Ihren Beitrag." in received.quoted
    assert "Beitrag" not in (received.html or "")


def test_pictures_of_the_text_are_told_from_attachments_and_remote_ones_are_held_back() -> None:
    received = understood("pictures.eml")
    assert [(f.name, f.inline, f.content_id) for f in received.files] == [
        ("logo.png", True, "logo@x"),
        ("reçu n°1.pdf", False, None),
    ]
    assert received.meta["remote_images"] == 2
    assert received.html is not None
    assert 'src="cid:logo%40x"' in received.html
    assert 'data-remote-src="https://far.example/a.png"' in received.html
    assert "tracker" not in received.html


def test_a_picture_beside_plain_text_is_an_attachment() -> None:
    parts = "--b\r\n\r\nlook\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: inline\r\n\r\nx\r\n--b--\r\n"
    received = understood(mail(parts, content_type="multipart/mixed; boundary=b"))
    assert [(f.name, f.inline) for f in received.files] == [("file-1.png", False)]
    assert received.text == "look"


def test_a_bounce_answers_what_it_returns_and_wants_no_answer() -> None:
    received = understood("bounce.eml")
    assert received.references == ("<our-2@example.org>",)
    assert received.meta["automatic"] == "bounce"
    assert not received.wants_answer


def test_hostile_html_is_harmless() -> None:
    received = understood("hostile.eml")
    assert received.html is not None
    for part in ("script", "javascript", "data:", "onerror", "onclick", "iframe", "svg", "url(", "position", "form"):
        assert part not in received.html
    assert "color:red" in received.html
    assert received.subject == "Win Bcc: all@example.org"
    assert received.sender.name == "Eve Bcc: all@example.org"


@pytest.mark.parametrize(
    ("headers", "kind", "wants_answer"),
    [
        ({"Auto-Submitted": "auto-replied (vacation)"}, "reply", False),
        ({"Auto-Submitted": "no"}, None, True),
        ({"Auto-Submitted": "auto-generated"}, "generated", False),
        ({"X-Autoreply": "yes"}, "reply", False),
        ({"Subject": "Automatische Antwort: Ferien"}, "reply", False),
        ({"From": "MAILER-DAEMON"}, "bounce", False),
        ({"Return-Path": "<>"}, "reply", False),
        ({"List-Id": "<l.example.org>", "Precedence": "list"}, "list", True),
        ({"Precedence": "bulk"}, "bulk", True),
    ],
)
def test_a_machine_is_recognised(headers: dict[str, str], kind: str | None, wants_answer: bool) -> None:
    received = understood(mail(**headers))
    assert received.meta.get("automatic") == kind
    assert received.wants_answer is wants_answer


def test_a_mail_without_message_id_is_known_by_its_content() -> None:
    one, again, other = (understood(mail(text, message_id=None)) for text in ("a", "a", "b"))
    assert one.external_id == again.external_id
    assert one.external_id.startswith("sha256:")
    assert one.external_id != other.external_id


def test_a_message_id_with_other_content_keeps_its_id_and_shows_another_digest() -> None:
    one, other = understood(mail("a")), understood(mail("b"))
    assert one.external_id == other.external_id
    assert one.meta["digest"] != other.meta["digest"]


def test_a_mail_that_came_two_ways_shows_one_digest() -> None:
    one, other = understood(mail("a", received="by one")), understood(mail("a", received="by other"))
    assert one.meta["digest"] == other.meta["digest"]


def test_a_mail_without_sender_and_date_is_kept() -> None:
    received = understood(mail(From=None, Date=None))
    assert received.text == "Hello"
    assert sender(received)[1] is False


def test_two_mails_without_sender_are_two_people() -> None:
    one, other = (understood(mail(text, From="<>")) for text in ("a", "b"))
    assert sender(one) != sender(other)


@pytest.mark.parametrize("form", [ADDRESS, "no-reply@platform.example", "WordPress <wordpress@blog.example>"])
def test_a_form_names_the_person_on_its_own_word_alone(form: str) -> None:
    received = understood(mail(**{"From": form, "Reply-To": "Bob <bob@example.net>"}))
    assert sender(received) == ("bob@example.net", False)
    assert received.sender.name == "Bob"


def test_a_person_is_known_by_from_whatever_reply_to_says() -> None:
    received = understood(mail(**{"Reply-To": "eve@evil.example"}))
    assert sender(received) == ("ann@example.net", True)


@pytest.mark.parametrize(
    "headers",
    [
        {"In-Reply-To": f"<{TOKEN}.x@example.org>"},
        {"References": f"<a@b> <{TOKEN}.x@example.org> <c@d>"},
        {"To": f"help+c.{TOKEN}@example.org"},
        {"Delivered-To": f"help+{TOKEN.upper()}@example.org"},
    ],
)
def test_our_token_proves_the_ticket(headers: dict[str, str]) -> None:
    assert understood(mail(**headers)).ticket == TICKET


@pytest.mark.parametrize(
    "headers",
    [
        {"In-Reply-To": f"<{ticket_token(b'other', TICKET)}.x@example.org>"},
        {"Subject": TOKEN},
        {"From": f"Ann <{TOKEN}@example.net>"},
        {"To": f"help+c.{'a' * 42}@example.org"},
    ],
)
def test_what_we_did_not_sign_or_did_not_hand_out_proves_no_ticket(headers: dict[str, str]) -> None:
    assert understood(mail(**headers)).ticket is None


def test_our_own_mail_is_known_when_it_comes_back() -> None:
    own_id = message_id(KEY, TICKET, MESSAGE, domain="example.org")
    received = understood(mail(**{"Message-ID": own_id, LOOP_FIELD: loop_mark(KEY, own_id)}))
    assert received.echo_of == MESSAGE
    assert not received.echo_arrived
    assert not received.wants_answer


def test_a_forged_loop_mark_hides_no_mail() -> None:
    own_id = message_id(KEY, TICKET, MESSAGE, domain="example.org")
    received = understood(mail(**{"Message-ID": own_id, LOOP_FIELD: loop_mark(b"other", own_id)}))
    assert received.echo_of is None
    assert received.wants_answer


def test_a_mail_too_large_to_be_fetched_says_so() -> None:
    kept = original(mail(""), content_type="text/rfc822-headers; size=63000000")
    received = Reader(ADDRESS, KEY).read(kept)
    assert "63 MB" in received.text
    assert received.subject == "Where is my reward?"


def test_a_forwarded_mail_keeps_everything() -> None:
    text = "Please look.\n\n-----Ursprüngliche Nachricht-----\nVon: A <a@b.example>\nGesendet: heute\nAn: x\n\nBody"
    assert understood(mail(text, subject="WG: Anfrage")).quoted is None
    assert understood(mail(text, subject="AW: Anfrage")).quoted is not None


def test_soft_line_breaks_are_joined() -> None:
    received = understood(mail("A long \nline.\n", content_type="text/plain; format=flowed"))
    assert received.text == "A long line."


def test_a_very_long_text_goes_on_in_a_file() -> None:
    received = understood(mail("word\n" * 100_000))
    assert len(received.text) <= 200_000
    assert received.files[-1].name == "message.txt"
    assert len(received.files[-1].data) > 499_000


def test_unbearable_html_is_kept_as_a_file_and_shown_as_text() -> None:
    received = understood(mail("<div>" * 20_000 + "deep", content_type="text/html"))
    assert received.html is None
    assert received.text == "deep"
    assert received.files[0].name == "message.html"


def nested(depth: int) -> bytes:
    heads = "".join(f'Content-Type: multipart/mixed; boundary="b{i}"\r\n\r\n--b{i}\r\n' for i in range(depth))
    return b"Message-ID: <n@x>\r\n" + heads.encode() + b"\r\nend\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        nested(60),
        nested(999),
        nested(2_000),
        b"X: y\r\n" * 50_000 + b"\r\nbody",
        b"References: " + b" <a@b.example>\r\n" * 100_000 + b"\r\nbody",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 5_000,
    ],
)
def test_a_mail_built_to_stop_a_parser_is_unreadable(octets: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        understood(octets)


def test_a_thousand_nested_comments_in_an_address_are_read() -> None:
    received = understood(mail(From="Ann " + "(" * 1000 + "x" + ")" * 1000 + " <ann@example.net>"))
    assert sender(received) == ("ann@example.net", True)


def test_every_mail_in_testdata_is_understood_twice_alike() -> None:
    for path in TESTDATA.glob("*.eml"):
        assert understood(path.read_bytes()) == understood(path.read_bytes())
