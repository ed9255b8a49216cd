"""A ticket's states can all be reached and left, and whoever waits is known to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inbox.domain.calls import Call, CallState, merge
from inbox.domain.ticket import (
    AT_WORK,
    State,
    after_call,
    answered,
    heard,
    joined,
    may_reopen,
    moved,
    noted,
    preview,
)
from inbox.errors import TransitionRefused
from tests.domain.builders import NOW, later, ticket


def reached_from(start: State) -> set[State]:
    """Every state that a manager can bring a ticket to from here, step by step."""
    found, looked_at = {start}, set[State]()
    while found - looked_at:
        state = (found - looked_at).pop()
        looked_at.add(state)
        for to in State:
            try:
                found.add(moved(ticket(state=state), to, now=NOW, until=later(1)).state)
            except TransitionRefused:
                continue
    return found


@pytest.mark.parametrize("state", State)
def test_every_state_leads_to_every_other(state: State) -> None:
    assert reached_from(state) == set(State)


@pytest.mark.parametrize("state", State)
def test_a_word_of_the_contact_opens_a_ticket_whatever_its_state(state: State) -> None:
    after = heard(ticket(state=state, snoozed_until=later(1), solved_at=NOW), "Hallo?", at=later(minutes=5))

    assert (after.state, after.waiting_since) == (State.OPEN, later(minutes=5))
    assert (after.snoozed_until, after.solved_at) == (None, None)


def test_the_wait_counts_from_the_first_unanswered_word() -> None:
    first = heard(ticket(), "Hallo?", at=later(minutes=1))
    second = heard(first, "Ist da wer?", at=later(minutes=9))

    assert second.waiting_since == later(minutes=1)


def test_after_an_answer_the_wait_begins_anew() -> None:
    waiting = answered(heard(ticket(), "Hallo?", at=NOW), "Ja!", solve=False, now=later(minutes=2))
    again = heard(waiting, "Danke, noch eins", at=later(minutes=7))

    assert (waiting.state, waiting.waiting_since) == (State.WAITING, None)
    assert again.waiting_since == later(minutes=7)


@pytest.mark.parametrize(
    ("state", "public", "days", "reopens"),
    [
        (State.OPEN, False, 400, True),
        (State.WAITING, False, 400, True),
        (State.SNOOZED, False, 400, True),
        (State.SOLVED, False, 6.9, True),
        (State.SOLVED, False, 7.1, False),
        (State.CLOSED, False, 7.1, False),
        (State.SOLVED, True, 400, True),
        (State.CLOSED, True, 400, True),
    ],
)
def test_a_message_joins_a_ticket_for_seven_days_after_its_end_and_a_public_one_for_good(
    state: State, public: bool, days: float, reopens: bool
) -> None:
    done = NOW if state in {State.SOLVED, State.CLOSED} else None

    assert may_reopen(ticket(state=state, public=public, solved_at=done), later(days)) is reopens


@pytest.mark.parametrize(
    ("call", "state", "due"),
    [
        (Call(caller="+49301", missed=True, ended_at=NOW), State.OPEN, later(minutes=30)),
        (Call(caller="+49301", voicemail=True, ended_at=NOW), State.OPEN, later(minutes=30)),
        (Call(caller=None, missed=True, ended_at=NOW), State.WAITING, None),  # nobody to call back
        (Call(caller="+49301", answered_at=NOW, ended_at=NOW, duration=60), State.SOLVED, None),
        (Call(inbound=False, callee="+49301", ended_at=NOW), State.WAITING, None),
        (Call(caller="+49301", started_at=NOW), State.OPEN, later(minutes=30)),
    ],
)
def test_what_a_call_asks_for(call: Call, state: State, due: object) -> None:
    after = after_call(ticket(state=State.WAITING, target=timedelta(minutes=30)), call, at=NOW)

    assert (after.state, after.due_at) == (state, due)
    assert after.last_seq == 1


def test_a_missed_call_of_a_withheld_number_waits_no_longer_than_it_rang() -> None:
    ringing = Call(started_at=NOW)
    after = after_call(ticket(target=timedelta(minutes=30)), ringing, at=NOW)
    missed = after_call(after, merge(ringing, Call(missed=True, ended_at=later(minutes=1))), at=later(minutes=1))

    assert after.state is State.OPEN
    assert (missed.state, missed.due_at, missed.solved_at) == (State.SOLVED, None, later(minutes=1))


def test_a_second_missed_call_does_not_put_the_callback_off() -> None:
    first = after_call(ticket(target=timedelta(minutes=30)), Call(caller="+49301", missed=True, ended_at=NOW), at=NOW)
    second = after_call(first, Call(caller="+49301", missed=True, ended_at=later(minutes=20)), at=later(minutes=20))

    assert second.due_at == later(minutes=30)


def test_a_preview_is_one_line_of_at_most_160_characters() -> None:
    assert preview(" Hallo,\n\n wann\tkommt sie? ") == "Hallo, wann kommt sie?"
    assert len(preview("x " * 500)) == 160


class Correspondence(RuleBasedStateMachine):
    """Contact, manager and clocks do whatever they like, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket = ticket()
        self.now = NOW
        self.messages = 0

    @rule(minutes=st.integers(1, 20_000))
    def time_passes(self, minutes: int) -> None:
        self.now = self.now + (later(minutes=minutes) - NOW)

    @rule()
    def the_contact_writes(self) -> None:
        self.ticket = heard(self.ticket, "Hallo?", at=self.now)
        self.messages += 1
        assert self.ticket.state is State.OPEN

    @rule()
    def something_comes_that_asks_for_no_answer(self) -> None:
        before = self.ticket
        self.ticket = joined(self.ticket, "Ich bin im Urlaub")
        self.messages += 1
        assert self.ticket.state is before.state

    @rule(solve=st.booleans())
    def we_answer(self, solve: bool) -> None:
        self.ticket = answered(self.ticket, "Ja.", solve=solve, now=self.now)
        self.messages += 1

    @rule()
    def we_write_a_note(self) -> None:
        before = self.ticket
        self.ticket = noted(self.ticket)
        self.messages += 1
        assert replace(self.ticket, last_seq=before.last_seq) == before

    @rule(
        call=st.builds(Call, caller=st.just("+49301"), missed=st.booleans(), answered_at=st.sampled_from([None, NOW]))
    )
    def a_call_ends(self, call: Call) -> None:
        self.ticket = after_call(self.ticket, replace(call, ended_at=self.now), at=self.now)
        self.messages += 1
        assert call.state is not CallState.MISSED or self.ticket.state is State.OPEN

    @rule(to=st.sampled_from(State))
    def a_manager_moves_it(self, to: State) -> None:
        before = self.ticket
        try:
            self.ticket = moved(self.ticket, to, now=self.now, until=self.now + (later(1) - NOW))
        except TransitionRefused:
            assert self.ticket is before

    @precondition(lambda self: self.ticket.state not in AT_WORK)
    @rule()
    def what_ended_can_begin_again(self) -> None:
        assert moved(self.ticket, State.OPEN, now=self.now).state is State.OPEN

    @invariant()
    def its_fields_say_the_same_as_its_state(self) -> None:
        state = self.ticket.state
        assert (self.ticket.snoozed_until is not None) == (state is State.SNOOZED)
        assert (self.ticket.solved_at is not None) == (state in {State.SOLVED, State.CLOSED})
        assert self.ticket.waiting_since is None or state is State.OPEN

    @invariant()
    def its_messages_are_counted_without_a_gap(self) -> None:
        assert self.ticket.last_seq == self.messages


TestCorrespondence = Correspondence.TestCase
