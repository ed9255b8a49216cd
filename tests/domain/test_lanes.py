"""Lanes as the shipped rules propose them; a missed question is the error that costs."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from inbox.demo import phrases
from inbox.domain.lanes import Lane
from inbox.domain.routing import Router
from inbox.domain.rulebook import Facts
from inbox.domain.shipped_rules import shipped_book
from tests.domain.builders import INBOX, NOW

SHIPPED = Router.of(shipped_book())
TEXTS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("lane_texts.toml").read_text(encoding="utf-8"))
_IN_PUBLIC = ({"fact": "no_question"}, {"fact": "public"})
NO_ANSWER_NEEDED = ("praise", "share", "chatter")


def proposed(text: str, language: str | None = None) -> Lane:
    return SHIPPED.route(Facts(INBOX, "comments", NOW, text, language, public=True)).lane


def share(texts: Sequence[str], *lanes: Lane) -> float:
    return sum(proposed(text) in lanes for text in texts) / len(texts)


def test_at_least_97_of_100_questions_land_in_answer() -> None:
    assert share(TEXTS["answer"], Lane.ANSWER) >= 0.97


def test_at_least_60_of_100_praises_and_chats_do_not_land_in_answer() -> None:
    assert share([*TEXTS["thank"], *TEXTS["nothing"]], Lane.THANK, Lane.NOTHING) >= 0.6


@pytest.mark.parametrize(
    ("text", "lane"),
    [
        ("Vielen Dank, das ging schnell!", Lane.THANK),
        ("Me too!", Lane.ANSWER),
        ("Hallo zusammen, ich bin neu hier. Liebe Grüße", Lane.ANSWER),
        (
            "Die Lampe kam gestern an, der Halter war gebrochen und ein Kabel lag lose im Karton. Vielen Dank",
            Lane.ANSWER,
        ),
    ],
)
def test_who_writes_to_us_alone_is_answered_unless_they_only_say_thanks(text: str, lane: Lane) -> None:
    assert SHIPPED.route(Facts(INBOX, "chat", NOW, text)).lane is lane


def test_no_question_and_no_praise_is_called_spam() -> None:
    assert share([*TEXTS["answer"], *TEXTS["thank"], *TEXTS["nothing"]], Lane.SPAM) == 0


def test_most_offers_are_called_spam() -> None:
    assert share(TEXTS["spam"], Lane.SPAM) >= 0.9


@pytest.mark.parametrize("campaign", ["lumi", "brotzeit", "kuestenwind"])
def test_every_question_of_the_demo_lands_in_answer(campaign: str) -> None:
    questions = [
        (text, language)
        for key, topic in phrases.about(campaign).topics.items()
        if key not in NO_ANSWER_NEEDED
        for language, texts in topic.texts.items()
        for text in texts
    ]

    assert [text for text, language in questions if proposed(text, language) is not Lane.ANSWER] == []


@pytest.mark.parametrize(
    ("text", "lane", "said"),
    [
        ("Vielen Dank!", Lane.THANK, [{"fact": "words", "words": ["vielen dank"]}, *_IN_PUBLIC]),
        ("Me too!", Lane.NOTHING, [{"fact": "words", "words": ["me too"]}, *_IN_PUBLIC]),
        ("More backers, dm me", Lane.SPAM, [{"fact": "words", "words": ["more backers", "dm me"]}]),
    ],
)
def test_a_proposal_says_by_which_words(text: str, lane: Lane, said: list[dict[str, object]]) -> None:
    routed = SHIPPED.route(Facts(INBOX, "comments", NOW, text, public=True))
    match = routed.lane_rule()

    assert routed.lane is lane
    assert match is not None
    assert list(match.because) == said


@pytest.mark.parametrize(
    ("text", "sign"), [("Danke! Und wann?", "?"), ("danke, wann kommt sie", "wann"), ("Danke, aber", "aber")]
)
def test_thanks_with_a_question_wait_for_an_answer_and_say_why(text: str, sign: str) -> None:
    routed = SHIPPED.route(Facts(INBOX, "chat", NOW, text))

    assert (routed.lane, routed.asks, routed.lane_rule()) == (Lane.ANSWER, sign, None)
