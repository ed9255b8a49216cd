"""A mail that no person wrote says so, comes back to nobody, and repeats nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from inbox.testing.smtp import SmtpSink
from inbox_email.acknowledge import acknowledgement
from tests.channels.email.builders import ADDRESS
from tests.channels.email.test_smtp import MESSAGE, connection

AUTOMATIC = replace(
    MESSAGE,
    automatic=True,
    from_name="",
    parent_external_id="<first@example.net>",
    parent_meta={"references": ["<zero@example.net>"], "from": "ann@example.net", "date": "2026-02-03T09:11:12+00:00"},
)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink(user=ADDRESS, password="secret") as running:
        yield running


async def test_it_comes_back_to_nobody_and_names_only_what_it_answers(sink: SmtpSink) -> None:
    await connection(sink).send(AUTOMATIC)

    (sent,) = sink.mails
    mail = message_from_bytes(sent.body, policy=policy.default)
    assert sent.sender == ""
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (mail["In-Reply-To"], mail["References"]) == ("<first@example.net>", None)
    assert mail["Subject"] == "Your reward"


async def test_a_server_that_lets_an_account_send_in_its_own_name_only_gets_that(sink: SmtpSink) -> None:
    sink.answers["MAIL "] = "550 5.7.1 not in this name"
    await connection(sink).send(AUTOMATIC)

    assert [mail.sender for mail in sink.mails] == [ADDRESS]


async def test_a_long_id_of_a_stranger_is_not_repeated(sink: SmtpSink) -> None:
    await connection(sink).send(replace(AUTOMATIC, parent_external_id=f"<{'buy-pills-' * 40}@example.net>"))

    assert b"buy-pills" not in sink.mails[0].body


@pytest.mark.parametrize(
    ("language", "words"),
    [("de-AT", "Hier"), ("en", "Here [#7]."), ("fr", "Bonjour"), ("ja", "Here [#7]."), (None, "Here [#7].")],
)
def test_the_words_are_ours_in_the_language_of_the_mail_or_else_in_english(language: str | None, words: str) -> None:
    told = acknowledgement({"de": "Hier [#{number}].", "en": "Here [#{number}]."}, language, 7)

    assert words in told.text
    assert "[#7]" in told.subject
    assert "{" not in told.text + told.subject
