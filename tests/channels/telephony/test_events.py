"""What call events become."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from itertools import permutations
from urllib.parse import urlencode

import orjson
import pytest

from inbox.channel.model import Original, Received
from inbox.domain.calls import Call, CallState, merge
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.message import Kind
from inbox.errors import MessageUnreadable
from inbox.testing.fakes import NOON
from inbox.testing.hooks import call_event
from inbox.testing.sample import original
from inbox_telephony.event import FORM, understood
from inbox_telephony.sample import SPOKEN_BY_SIPGATE


def one(arrived: Original, region: str = "DE") -> Received:
    (received,) = understood(arrived, region)
    return received


def read(event: object) -> Received:
    return one(original(orjson.dumps(event)))


def call_of(received: Received) -> Call:
    assert received.call is not None
    return received.call


def test_a_call_is_one_message_named_by_its_id() -> None:
    received = read(call_event("call-1", "ringing", at=NOON - timedelta(seconds=3)))

    assert received.external_id == "call-1"
    assert received.kind is Kind.CALL
    assert received.sender.claims == (Claim(IdentityKind.PHONE, "+4930901820"),)
    assert received.at == NOON - timedelta(seconds=3)
    assert not received.outbound
    assert call_of(received).state is CallState.RINGING


def test_a_call_that_we_made_belongs_to_whom_we_called() -> None:
    received = read(call_event("call-1", "answered", direction="out", caller="22", callee="030 901820", user="Aylin"))

    assert received.outbound
    assert received.sender.claims == (Claim(IdentityKind.PHONE, "+4930901820"),)
    assert call_of(received).manager == "Aylin"


@pytest.mark.parametrize("caller", ["anonymous", "22", ""])
def test_who_cannot_be_called_is_nobody(caller: str) -> None:
    assert read(call_event("call-1", "missed", caller=caller)).sender.claims == ()


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ({"event": "ringing"}, CallState.RINGING),
        ({"event": "answered"}, CallState.ANSWERED),
        ({"event": "ended", "duration": 42}, CallState.COMPLETED),
        ({"event": "ended", "duration": "42"}, CallState.COMPLETED),
        ({"event": "ended", "duration": 0}, CallState.MISSED),
        ({"event": "missed"}, CallState.MISSED),
        ({"event": "voicemail"}, CallState.VOICEMAIL),
        ({"event": "newCall"}, CallState.RINGING),
        ({"event": "answer"}, CallState.ANSWERED),
        ({"event": "hangup", "cause": "normalClearing"}, CallState.MISSED),
        ({"event": "hangup", "cause": "cancel"}, CallState.MISSED),
        ({"event": "hangup", "cause": "noAnswer"}, CallState.MISSED),
        ({"event": "hangup", "cause": "forwarded"}, CallState.MISSED),
        ({"event": "hangup", "cause": "busy"}, CallState.BUSY),
        ({"event": "hangup", "cause": "congestion"}, CallState.FAILED),
        ({"event": "hangup", "cause": "notFound"}, CallState.FAILED),
        ({"event": "hangup", "cause": "noAnswer", "direction": "out"}, CallState.NO_ANSWER),
        ({"event": "hangup", "cause": ["busy"]}, CallState.MISSED),
    ],
)
def test_the_words_of_sipgate_and_zammad_mean_the_same_as_ours(event: dict[str, object], state: CallState) -> None:
    assert call_of(read(call_event("call-1", "x") | event)).state is state


def test_a_form_says_the_same_as_json() -> None:
    event = call_event("call-1", "answered", at=NOON, user="Aylin")
    form = original(urlencode(event).encode(), content_type=f"{FORM}; charset=utf-8")

    assert one(form) == read(event)


def test_what_sipgate_sends_is_understood() -> None:
    received = one(original(SPOKEN_BY_SIPGATE, content_type=FORM))

    assert received.external_id == "12345678"
    assert call_of(received).caller == "+492111234567"
    assert call_of(received).callee == "+4915791234567"
    assert call_of(received).manager is None  # two telephones ring, nobody answered yet


def test_a_transferred_call_is_still_the_same_call() -> None:
    event = {"event": "newCall", "from": "+4930901820", "to": "+4989555000", "direction": "in"}

    assert read(event | {"callId": "2", "origCallId": "1"}).external_id == "1"


def test_a_voicemail_is_read_by_its_words() -> None:
    received = read(
        call_event("call-1", "voicemail", transcript=" Bitte zurückrufen. ", recording_url="https://pbx.example/r/1")
    )

    assert received.text == "Bitte zurückrufen."
    assert call_of(received).transcript == "Bitte zurückrufen."
    assert call_of(received).recording_url == "https://pbx.example/r/1"


def test_an_event_without_a_time_happened_when_it_came() -> None:
    assert call_of(read(call_event("call-1", "ended"))).ended_at == NOON


def test_an_event_of_tomorrow_happened_now() -> None:
    assert read(call_event("call-1", "ringing", at=NOON + timedelta(hours=1))).at == NOON


def test_a_recording_that_is_no_web_address_is_left_out() -> None:
    assert call_of(read(call_event("call-1", "ended", recording_url="file:///etc/passwd"))).recording_url is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "ringing"},
        {"call_id": "1"},
        {"call_id": "1", "event": "dancing"},
        {"call_id": "1", "event": "ringing", "direction": "up"},
        {"call_id": ["1"], "event": "ringing"},
        {"call_id": "x" * 501, "event": "ringing"},
        {"call_id": "1", "event": "ringing", "at": "noon"},
    ],
)
def test_what_is_no_event_of_a_call_is_unreadable(event: dict[str, object]) -> None:
    with pytest.raises(MessageUnreadable):
        read(event)


def test_a_form_with_too_many_fields_is_unreadable() -> None:
    with pytest.raises(MessageUnreadable):
        one(original(b"a=1&" * 300, content_type=FORM))


def test_any_order_of_a_calls_events_tells_one_story() -> None:
    events = [
        call_event("call-1", "newCall", at=NOON - timedelta(seconds=60)),
        call_event("call-1", "answer", at=NOON - timedelta(seconds=52), user="Aylin"),
        call_event("call-1", "hangup", at=NOON - timedelta(seconds=10), cause="normalClearing"),
        call_event("call-1", "ended", at=NOON, duration=42, recording_url="https://pbx.example/r/1"),
    ]
    calls = [call_of(read(event)) for event in events]

    stories = {reduce(merge, order) for order in permutations([*calls, calls[1]])}

    (story,) = stories
    assert story.state is CallState.COMPLETED
    assert story.manager == "Aylin"
    assert story.duration == 42
    assert story.started_at == NOON - timedelta(seconds=60)


def test_reading_a_form_does_not_depend_on_the_case_of_its_type() -> None:
    form = original(urlencode(call_event("call-1", "ringing")).encode(), content_type=FORM.upper())

    assert one(form).external_id == "call-1"
    assert one(replace(form, content_type=FORM)).external_id == "call-1"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1601-01-01T00:00:00Z"])
def test_a_time_that_nobody_meant_is_unreadable(at: str) -> None:
    with pytest.raises(MessageUnreadable, match="/at is of the year"):
        read(call_event("c-1", "missed") | {"at": at})
