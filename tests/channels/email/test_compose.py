"""Our mails can be read by every mailer, bring their answers back, and carry nothing that they should not."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from inbox.channel.model import File, Outgoing, PassedOn
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.domain.recipients import Recipient, Role
from inbox.errors import Invalid
from inbox.testing.fakes import NOON
from inbox_email.compose import compose, written_to
from inbox_email.marks import message_of
from tests.channels.email.builders import KEY, config, mail, understood

ANSWER = Outgoing(
    id=MessageId(UUID(int=1)),
    ticket_id=TicketId(UUID(int=2)),
    inbox_id=InboxId(UUID(int=3)),
    text="Grüße & <b>Küsse</b>\n\nsee https://example.org/a?b=1&c=2.",
    at=NOON,
    from_name="Mara Müller",
    subject="Where is it?",
    to=("ann@example.net",),
    parent_external_id="<m1@example.net>",
    parent_meta={"references": ["<m0@example.net>"], "date": "2026-03-25T10:00:00+00:00"},
    quote="Where is it?\n> before",
)


def written(message: Outgoing, **settings: Any) -> EmailMessage:
    _, octets = compose(config(**settings), KEY, message)
    parsed = message_from_bytes(octets, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    assert b"\n" not in octets.replace(b"\r\n", b"")
    return parsed


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_answer_threads_and_reads_well() -> None:
    sent = written(ANSWER, display_name="Hilfe", signature="Team Hilfe\nexample.org")

    assert sent["From"] == '"Mara Müller (Hilfe)" <help@example.org>'
    assert sent["To"] == "ann@example.net"
    assert sent["Subject"] == "Re: Where is it?"
    assert sent["In-Reply-To"] == "<m1@example.net>"
    assert sent["References"].split() == ["<m0@example.net>", "<m1@example.net>"]
    assert message_of(sent["Message-ID"]) == ANSWER.id
    assert body(sent, "plain") == (
        "Grüße & <b>Küsse</b>\n\nsee https://example.org/a?b=1&c=2.\n\n"
        "-- \nTeam Hilfe\nexample.org\n\n"
        "2026-03-25 10:00 +0000 <ann@example.net>:\n> Where is it?\n>> before"
    )
    html = body(sent, "html")
    assert "Grüße &amp; &lt;b&gt;" in html
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in html
    assert '<blockquote type="cite">' in html


def test_no_header_says_which_product_wrote_it() -> None:
    assert "inbox" not in " ".join(written(ANSWER).keys()).lower()


def test_a_person_s_answer_is_not_marked_as_automatic() -> None:
    assert not {"Auto-Submitted", "Precedence", "List-Id"} & set(written(ANSWER).keys())


def test_an_answer_goes_to_where_the_contact_wrote_from() -> None:
    theirs = replace(ANSWER, to=("ann@example.net", "Ann@work.example"))
    for wrote_from, answered in (("ann@WORK.example", "Ann@work.example"), ("eve@evil.example", "ann@example.net")):
        assert [r.address for r in written_to(replace(theirs, parent_meta={"from": wrote_from}))] == [answered]


def test_quoting_can_be_switched_off() -> None:
    assert "before" not in body(written(ANSWER, quote_original=False), "plain")


def test_an_answer_to_our_mail_brings_ticket_and_reference_back() -> None:
    own_id, _ = compose(config(), KEY, ANSWER)
    back = understood(mail(in_reply_to=own_id, references=f"<m0@example.net> {own_id}"))
    assert back.ticket == ANSWER.ticket_id
    assert back.references[0] == own_id


def test_our_own_mail_is_understood_and_its_quote_folded() -> None:
    _, octets = compose(config(), KEY, ANSWER)
    back = understood(octets)
    assert back.echo_of == ANSWER.id
    assert back.text == "Grüße & <b>Küsse</b>\n\nsee https://example.org/a?b=1&c=2."
    assert back.quoted is not None


def test_files_are_attached_under_their_names() -> None:
    files = (
        File("Übersicht 1.pdf", b"%PDF-\x00\xff" * 99, "application/pdf"),
        File('a"b\r\n.eml', b"x", "message/rfc822"),
    )
    sent = written(replace(ANSWER, files=files))
    one, other = sent.iter_attachments()
    assert (one.get_filename(), one.get_content_type()) == ("Übersicht 1.pdf", "application/pdf")
    assert one.get_content() == files[0].data
    assert other.get_content_type() == "application/octet-stream"
    assert (other.get_filename(), other.get_content()) == ('a"b .eml', b"x")


def test_a_new_mail_answers_nothing() -> None:
    sent = written(replace(ANSWER, parent_external_id=None, parent_meta={}, quote=None))
    assert sent["Subject"] == "Where is it?"
    assert sent["In-Reply-To"] is None
    assert sent["References"] is None


def test_an_answered_subject_is_not_marked_twice() -> None:
    for subject in ("Re: x", "AW: x", "re[2]: x", "Antw: x"):
        assert written(replace(ANSWER, subject=subject))["Subject"] == subject


def test_a_long_thread_keeps_its_first_and_its_last_twenty() -> None:
    before = tuple(f"<m{n}@example.net>" for n in range(100))
    sent = written(replace(ANSWER, parent_meta={}, references=(*before, "sha256:abc")))
    references = sent["References"].split()
    assert len(references) == 21
    assert (references[0], references[-1]) == ("<m0@example.net>", "<m1@example.net>")


def test_a_mail_without_an_id_can_be_answered() -> None:
    sent = written(replace(ANSWER, parent_external_id="sha256:abc", parent_meta={}))
    assert sent["In-Reply-To"] is None
    assert sent["Subject"].startswith("Re: ")


FIELDS = frozenset(
    "from to cc subject date message-id references x-loop-mark mime-version content-type".split()  # noqa: SIM905 - one line
)
ANY_TEXT = st.text(max_size=200)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_no_text_brings_a_header_of_its_own(
    subject: str, name: str, text: str, file_name: str, references: list[str]
) -> None:
    evil = "\r\nBcc: eve@evil.example\r\n\r\n"
    message = replace(
        ANSWER,
        subject=subject + evil,
        from_name=name + evil,
        text=text + evil,
        recipients=(Recipient("ann@example.net", name + evil), Recipient("bob@example.net", name + evil, Role.CC)),
        references=tuple(references),
        parent_external_id="<a" + evil + "@b>",
        files=(File(file_name + evil, b"x", "text/plain" + evil),),
    )
    sent = written(message)
    assert sent["Bcc"] is None
    assert {key.lower() for key in sent} <= FIELDS
    assert [a.addr_spec for a in sent["To"].addresses] == ["ann@example.net"]
    assert [a.addr_spec for a in sent["Cc"].addresses] == ["bob@example.net"]


def test_a_blind_copy_is_known_to_nobody_who_reads_the_mail() -> None:
    whom = (
        Recipient("ann@example.net", "Ann, née Lee"),
        Recipient("bob@müller.example", "Böb", Role.CC),
        Recipient("eve@example.com", "Eve", Role.BCC),
    )
    octets = compose(config(), KEY, replace(ANSWER, recipients=whom))[1]
    sent = message_from_bytes(octets, policy=default)

    assert sent["To"].addresses[0].display_name == "Ann, née Lee"
    assert [str(a) for a in sent["Cc"].addresses] == ["Böb <bob@xn--mller-kva.example>"]
    assert b"eve" not in octets.lower()
    assert sent["Bcc"] is None
    assert [each.address for each in written_to(replace(ANSWER, recipients=whom))][2] == "eve@example.com"


def test_what_is_passed_on_says_whose_words_it_is_and_begins_a_thread_of_its_own() -> None:
    copied = (Recipient("help@example.org"), Recipient("x@y.z", role=Role.BCC))
    forwarded = PassedOn("Greta", "greta@x.org", NOON, "When\n> before?", "AW: Lamp", copied, "de")
    passed_on = replace(
        ANSWER,
        subject="AW: Lamp",
        references=(),
        parent_external_id=None,
        parent_meta={},
        quote=None,
        passes_on=forwarded,
        text="Do you know?",
    )
    sent = written(passed_on)

    assert sent["Subject"] == "Fwd: AW: Lamp"
    assert (sent["In-Reply-To"], sent["References"]) == (None, None)
    text = body(sent, "plain")
    assert text.index("Do you know?") < text.index("Weitergeleitete Nachricht")
    assert "Von: Greta <greta@x.org>" in text
    assert "Betreff: AW: Lamp\nAn: help@example.org\n\nWhen\n> before?" in text
    assert "x@y.z" not in text
    assert "&lt;greta@x.org&gt;" in body(sent, "html")


@given(ANY_TEXT)
def test_what_is_no_address_is_never_written(word: str) -> None:
    try:
        octets = compose(config(), KEY, replace(ANSWER, recipients=(Recipient(word + "\r\nRCPT TO:<eve@x.org>"),)))[1]
    except Invalid:
        return
    assert b"eve@x.org" not in octets


@given(ANY_TEXT)
@example("0\n>")  # is folded, and stands on a line of its own all the same
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    sent = written(replace(ANSWER, text=text, quote=None))
    received = understood(sent.as_bytes())
    expected = "\n".join(line for line in body(sent, "plain").strip("\n").split("\n"))
    assert f"{received.text}\n{received.quoted or ''}".split() == expected.split()


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co", "Cf"]),
        min_size=1,
        max_size=90,
    )
)
def test_any_subject_arrives_as_it_was_written(word: str) -> None:
    subject = f"x {word} y"
    assert understood(compose(config(), KEY, replace(ANSWER, subject=subject))[1]).subject == f"Re: {subject}"


def test_read_receipts_are_asked_for_only_if_that_is_set_and_never_by_machines() -> None:
    automatic = replace(ANSWER, automatic=True)

    assert written(ANSWER, ask_for_receipts=True)["Disposition-Notification-To"] == "help@example.org"
    assert written(ANSWER)["Disposition-Notification-To"] is None
    assert written(automatic, ask_for_receipts=True)["Disposition-Notification-To"] is None
