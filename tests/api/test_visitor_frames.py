"""The visitor's frames: every one is understood or refused with its reason; none brings the parser down."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.api import visitor_answers as answers
from inbox.api.visitor_frames import (
    End,
    FrameRejected,
    Hello,
    History,
    Introduce,
    Page,
    Ping,
    Rate,
    Read,
    Refusal,
    Say,
    Typing,
    parse,
)


def frame(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


def refusal(text: str) -> Refusal:
    with pytest.raises(FrameRejected) as caught:
        parse(text)
    return caught.value.refusal


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        (frame("hello"), Hello()),
        (frame("introduce", form={"name": "Greta"}), Introduce({"name": "Greta"})),
        (frame("message", client_id="c1", text=" Hi\r\nthere "), Say("c1", "Hi\nthere")),
        (frame("message", client_id="c1", text="a\u0000b\u0007c", attachments=[]), Say("c1", "abc")),
        (frame("typing", on=False), Typing(on=False)),
        (frame("read", seq=3), Read(3)),
        (frame("history", before=4), History(4)),
        (frame("end"), End()),
        (frame("rate", score=5, comment="Danke!"), Rate(5, "Danke!")),
        (frame("ping", more="ignored"), Ping()),
    ],
)
def test_every_frame_of_the_protocol_is_understood(text: str, understood: object) -> None:
    assert parse(text) == understood


def test_a_hello_names_session_place_and_page() -> None:
    page = {"url": "https://u:p@crowd.example/p/1?token=secret#x", "title": "Solar roof", "campaign": "p-1"}

    hello = parse(frame("hello", session="s", ticket="t", since=7, locale="de-AT", page=page, form={"name": "G"}))

    shown = Page("https://crowd.example/p/1", "Solar roof", "p-1")
    assert hello == Hello(session="s", ticket="t", since=7, locale="de-AT", page=shown, form={"name": "G"})


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://[", "nothing", "data:text/html,x"])
def test_an_address_that_is_no_page_is_left_out(url: str) -> None:
    assert parse(frame("hello", page={"url": url})) == Hello()


def test_a_session_is_never_shown_by_a_hello_that_is_logged() -> None:
    assert "geheim" not in repr(parse(frame("hello", session="geheim", identity_token="geheim")))


def test_a_strange_locale_is_taken_for_english() -> None:
    assert parse(frame("hello", locale="../../etc")) == Hello()


@pytest.mark.parametrize(
    "text",
    [
        "", "nothing", "[]", "7", "null", "{", '{"type":', '{"type":"message","text":"\\ud800","client_id":"a"}',
        frame("unknown"), json.dumps({"type": ["message"]}), json.dumps({}), frame("message", text="x"),
        frame("message", client_id="", text="x"), frame("message", client_id="a b", text="x"),
        frame("message", client_id=7, text="x"), frame("message", client_id="a" * 65, text="x"),
        frame("message", client_id="a", text=7), frame("message", client_id="a", text="x", attachments=["f"]),
        frame("read"), frame("read", seq=-1), frame("read", seq=True), frame("read", seq="1"), frame("read", seq=2**31),
        frame("read", seq=1.5), frame("history", before=0), frame("rate", score=6), frame("rate", score=None),
        frame("typing", on="yes"), frame("hello", session=7), frame("hello", session="x" * 101),
        frame("hello", since="1"), frame("hello", page=[]), frame("hello", page={"url": 7}), frame("hello", form=[]),
        frame("hello", form={"name": 7}), frame("hello", ticket="a\u0000"), "[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_frame_is_refused(text: str) -> None:
    assert refusal(text) is Refusal.BAD_FRAME


@pytest.mark.parametrize("text", ["", "  \n ", "\u0000"])
def test_an_empty_message_is_refused(text: str) -> None:
    assert refusal(frame("message", client_id="a", text=text)) is Refusal.EMPTY


@pytest.mark.parametrize(
    "text", [frame("message", client_id="a", text="x" * 8001), frame("hello", more="x" * 9000), "x" * 70_000]
)
def test_what_is_too_large_is_refused(text: str) -> None:
    assert refusal(text) is Refusal.TOO_LARGE


def test_a_refused_message_is_named_so_that_the_client_can_show_which() -> None:
    with pytest.raises(FrameRejected) as caught:
        parse(frame("message", client_id="c7", text=""))

    assert caught.value.client_id == "c7"


def test_the_longest_message_fits_whatever_its_letters() -> None:
    text = "ß" * 8000

    assert parse(frame("message", client_id="a", text=text)) == Say("a", text)


words = st.text(st.characters(max_codepoint=0x17F), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["hello", "introduce", "message", "typing", "read", "history", "end", "rate", "ping"])
keys = st.sampled_from(
    ["session", "since", "page", "form", "client_id", "text", "seq", "before", "score", "on", "locale"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kinds, st.dictionaries(keys, json_values, max_size=5))
def test_no_frame_brings_the_parser_down(kind: str, fields: dict[str, Any]) -> None:
    try:
        parse(json.dumps({**fields, "type": kind}))
    except FrameRejected:
        return


def said(**changes: Any) -> answers.Said:
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    fields: dict[str, Any] = {"seq": 3, "id": "m", "side": "team", "name": "Tom", "text": "Hi", "at": at}
    return answers.Said(**{**fields, **changes})


def test_a_message_says_who_wrote_what_when() -> None:
    assert json.loads(answers.message(said(client_id="c1"))) == {
        "type": "message",
        "seq": 3,
        "id": "m",
        "client_id": "c1",
        "from": {"side": "team", "name": "Tom"},
        "text": "Hi",
        "at": "2026-11-22T09:00:00+00:00",
        "attachments": [],
    }


def test_a_deleted_message_keeps_its_place_and_loses_its_words() -> None:
    shown = json.loads(answers.edited(4, said(deleted=True)))

    assert shown["message"]["deleted"] is True
    assert (shown["seq"], shown["message"]["seq"], shown["message"]["text"]) == (4, 3, "")
