"""Facts of one call are merged in any order and number, and the state follows from all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.calls import Call, CallState, merge

START = datetime(2026, 3, 25, 9, 0, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


RINGING = Call(caller="+4930901820", callee="+4989555000", started_at=START)
ANSWERED = Call(answered_at=after(8), manager="Aylin", manager_at=after(8))
ENDED = Call(ended_at=after(50))
HEARD = Call(duration=42, recording_url="https://pbx.example/r/1")
VOICEMAIL = Call(voicemail=True, ended_at=after(40), transcript="Bitte rufen Sie mich zurück.")

times = st.none() | st.integers(0, 5).map(after)
terms = st.sampled_from([None, "a", "b", "cc"])
facts = st.builds(
    Call,
    inbound=st.booleans(),
    caller=terms,
    callee=terms,
    started_at=times,
    answered_at=times,
    ended_at=times,
    missed=st.booleans(),
    duration=st.none() | st.integers(0, 3),
    cause=st.sampled_from([None, "busy", "rejected", "failed"]),
    cause_at=times,
    manager=terms,
    manager_at=times,
    voicemail=st.booleans(),
    recording_url=terms,
    transcript=terms,
)


def _repeated(reports: list[Call]) -> st.SearchStrategy[list[Call]]:
    return st.permutations(reports + reports[::2])


@given(facts, facts, facts)
def test_merging_is_associative(one: Call, other: Call, third: Call) -> None:
    assert merge(merge(one, other), third) == merge(one, merge(other, third))


@given(facts, facts)
def test_merging_does_not_depend_on_the_order(one: Call, other: Call) -> None:
    assert merge(one, other) == merge(other, one)


@given(facts, facts)
def test_a_report_that_comes_twice_adds_nothing(one: Call, other: Call) -> None:
    merged = merge(one, other)

    assert merge(merged, one) == merged
    assert merge(merged, merged) == merged


@given(st.lists(facts, min_size=1, max_size=6).flatmap(lambda reports: st.tuples(st.just(reports), _repeated(reports))))
def test_any_order_with_any_repetition_gives_one_call(both: tuple[list[Call], list[Call]]) -> None:
    reports, repeated = both

    assert reduce(merge, repeated) == reduce(merge, reports)


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([RINGING], CallState.RINGING),
        ([RINGING, ANSWERED], CallState.ANSWERED),
        ([RINGING, ANSWERED, ENDED], CallState.COMPLETED),
        ([RINGING, ENDED, HEARD], CallState.COMPLETED),
        ([RINGING, ENDED], CallState.MISSED),
        ([RINGING, Call(missed=True)], CallState.MISSED),
        ([RINGING, VOICEMAIL], CallState.VOICEMAIL),
        ([RINGING, ANSWERED, VOICEMAIL], CallState.VOICEMAIL),
        ([RINGING, Call(inbound=False), ENDED], CallState.NO_ANSWER),
        ([RINGING, Call(ended_at=after(9), cause="rejected", cause_at=after(9))], CallState.REJECTED),
        ([RINGING, Call(ended_at=after(9), cause="failed", cause_at=after(9))], CallState.FAILED),
    ],
)
def test_every_order_of_the_reports_gives_the_same_state(reports: list[Call], state: CallState) -> None:
    with_one_repeated = [*reports, reports[0]]

    assert {reduce(merge, order).state for order in permutations(with_one_repeated)} == {state}


def test_a_busy_call_that_is_later_called_completed_stays_busy() -> None:
    # A vendor's own tutorial prints: ringing, busy, started, completed; all of one call.
    busy = Call(ended_at=after(3), cause="busy", cause_at=after(3))
    started, completed = Call(started_at=after(1)), Call(ended_at=after(4))

    orders = permutations([RINGING, busy, started, completed])

    assert {reduce(merge, order).state for order in orders} == {CallState.BUSY}


def test_the_manager_is_the_one_who_answered_first() -> None:
    transferred = Call(answered_at=after(30), manager="Adam", manager_at=after(30))

    assert merge(transferred, ANSWERED).manager == "Aylin"


def test_a_telephone_that_rang_in_vain_does_not_end_a_call_that_somebody_else_took() -> None:
    assert merge(merge(RINGING, Call(missed=True)), ANSWERED).state is CallState.ANSWERED


def test_an_end_that_comes_before_everything_else_is_kept() -> None:
    assert merge(ENDED, RINGING).ended_at == after(50)


@pytest.mark.parametrize("state", [VOICEMAIL, Call(missed=True), Call(ended_at=after(9))])
def test_an_unheard_caller_wants_to_be_called_back(state: Call) -> None:
    assert merge(RINGING, state).wants_callback


def test_a_voicemail_is_heard_also_when_the_number_is_withheld() -> None:
    assert Call(voicemail=True, transcript="Hier ist Karla, 0151 1234567.").wants_callback


@pytest.mark.parametrize(
    "call",
    [
        Call(missed=True),  # withheld: nobody knows whom to call
        Call(inbound=False, caller="+4930901820", ended_at=START, cause="busy"),
        merge(merge(RINGING, ANSWERED), ENDED),
        RINGING,
    ],
)
def test_nobody_is_called_back_without_number_need_or_end(call: Call) -> None:
    assert not call.wants_callback
