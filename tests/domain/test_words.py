"""Words are found whole, whatever their case and accents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.words import Vocabulary, words_of


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("Rechnung", "Wo ist meine RECHNUNG?"),
        ("où", "Ou est ma lampe"),
        ("ete", "L'été dernier"),
        ("vielen dank", "Vielen,  Dank!"),
        ("j'adore", "J’adore cette lampe"),
        ("straße", "Hauptstrasse, STRASSE"),
        ("👍", "gut 👍🏽"),
        ("❤", "so ❤️"),
    ],
)
def test_case_accents_and_punctuation_do_not_matter(phrase: str, text: str) -> None:
    assert list(Vocabulary.of([phrase]).found_in(words_of(text))) == [phrase]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("ok", "okay Stock"),
        ("vielen dank", "vielen lieben Dank"),
        ("dank", "danke"),
        ("vielen dank", "vielen"),
        ("", ""),
    ],
)
def test_a_part_of_a_word_or_phrase_is_not_found(phrase: str, text: str) -> None:
    assert not Vocabulary.of([phrase]).found_in(words_of(text))


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=200))
def test_what_is_found_is_what_looking_for_each_phrase_alone_finds(phrases: list[str], text: str) -> None:
    padded = f" {' '.join(words_of(text))} "
    alone = {p for p in phrases if words_of(p) and f" {' '.join(words_of(p))} " in padded}

    assert set(Vocabulary.of(phrases).found_in(words_of(text))) == alone


@given(st.lists(st.text(max_size=6), max_size=5), st.text(max_size=80))
def test_what_is_cut_out_is_gone_and_the_rest_stays_in_order(phrases: list[str], text: str) -> None:
    words = words_of(text)
    left = iter(words)

    assert all(word in left for word in Vocabulary.of(phrases).cut_from(words))
