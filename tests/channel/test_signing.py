"""A ticket token proves the ticket that it was made for, and cannot be made without the key."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.channel.signing import find_ticket, ticket_of, ticket_token
from inbox.domain.ids import TicketId

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TICKET = TicketId(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


@given(st.uuids())
def test_a_token_gives_back_its_ticket(ticket: UUID) -> None:
    assert ticket_of(KEY, ticket_token(KEY, TicketId(ticket))) == ticket


def test_a_token_fits_into_the_local_part_of_an_address() -> None:
    assert len("support+c." + ticket_token(KEY, TICKET)) <= 64


def test_the_case_of_a_token_does_not_matter() -> None:
    assert ticket_of(KEY, ticket_token(KEY, TICKET).upper()) == TICKET


def test_a_token_of_another_key_proves_nothing() -> None:
    assert ticket_of(OTHER_KEY, ticket_token(KEY, TICKET)) is None


@pytest.mark.parametrize("position", range(42))
def test_a_token_with_one_letter_changed_proves_nothing(position: int) -> None:
    token = ticket_token(KEY, TICKET)
    other = "a" if token[position] != "a" else "b"
    assert ticket_of(KEY, token[:position] + other + token[position + 1 :]) is None


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=42, max_size=42))
def test_a_made_up_token_proves_nothing(token: str) -> None:
    assert ticket_of(KEY, token) is None


@given(st.text(max_size=60))
def test_any_text_is_asked_without_an_error(text: str) -> None:
    assert ticket_of(KEY, text) is None


def test_a_genuine_token_is_found_behind_a_forged_one() -> None:
    forged = ticket_token(OTHER_KEY, TICKET)
    assert find_ticket(KEY, f"<{forged}.x@a> <{ticket_token(KEY, TICKET)}.y@b>") == TICKET


def test_a_token_inside_a_longer_word_is_none() -> None:
    assert find_ticket(KEY, "x" + ticket_token(KEY, TICKET)) is None
