"""Copies of sent mails: those of other programs are ours too, and those of the service are known."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from inbox.channel.model import Received
from inbox.domain.ids import MessageId, TicketId
from inbox_email.marks import loop_mark, message_id
from inbox_email.places import HISTORY, SENT
from inbox_email.understand import Reader
from tests.channels.email.builders import ADDRESS, KEY, mail, original

MESSAGE = MessageId(UUID(int=7))
OWN_ID = message_id(KEY, TicketId(UUID(int=5)), MESSAGE, domain="example.org")


def read(octets: bytes, *marks: str) -> list[Received]:
    return Reader(ADDRESS, KEY).understand(replace(original(octets), headers=dict.fromkeys(marks, "yes")))


def written(text: str = "In May.", **headers: str | None) -> bytes:
    fields = {"from": f"Aylin <{ADDRESS}>", "to": "Ann <ann@example.net>"} | headers
    return mail(text, **fields)


def test_an_answer_is_ours_and_to_whom_it_was_written() -> None:
    (found,) = read(written(in_reply_to="<q@example.net>"), SENT)
    assert (found.outbound, found.author, found.text) == (True, "Aylin", "In May.")
    assert (found.sender.claims[0].value, found.sender.name) == ("ann@example.net", "Ann")
    assert found.references == ("<q@example.net>",)


def test_our_own_address_is_not_whom_it_was_written_to() -> None:
    (found,) = read(written(to=f"{ADDRESS}, Help <help+x@example.org>", cc="Ann <ann@example.net>"), SENT)
    assert found.sender.claims[0].value == "ann@example.net"


def test_a_note_to_ourselves_is_nothing_new() -> None:
    assert read(written(to=ADDRESS), SENT) == []


def test_a_mail_of_the_service_is_known_as_that() -> None:
    (found,) = read(written(message_id=OWN_ID, x_loop_mark=loop_mark(KEY, OWN_ID)), SENT)
    assert found.echo_of == MESSAGE


def test_a_mail_of_the_service_that_was_sent_under_another_id_is_nothing_new() -> None:
    assert read(written(message_id="<x@ses.example>", x_loop_mark=loop_mark(KEY, OWN_ID)), SENT) == []


def test_the_same_mail_among_those_that_arrived_is_no_word_of_ours() -> None:
    (found,) = read(written())
    assert not found.outbound
    assert not found.sender.claims[0].verified


@pytest.mark.parametrize("marks", [(HISTORY,), (HISTORY, SENT)])
def test_what_was_old_when_the_inbox_began_waits_for_nobody(marks: tuple[str, ...]) -> None:
    (found,) = read(written() if SENT in marks else mail("Where is it?"), *marks)
    assert not found.wants_answer


def test_an_out_of_office_answer_of_ours_answers_nobody() -> None:
    (found,) = read(written(auto_submitted="auto-replied"), SENT)
    assert (found.outbound, found.wants_answer) == (True, False)
