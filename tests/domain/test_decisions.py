"""Small decisions: who gets a ticket, when a delivery is tried again, what a position is, what a clock changes."""

from __future__ import annotations

from datetime import timedelta
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.app.timers import rung
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.deliveries import FIRST_WAIT, LONGEST_WAIT, MAX_TRIES, is_given_up, wait_before
from inbox.domain.events import Position
from inbox.domain.ids import ClockId, new_id
from inbox.domain.ticket import Priority, State
from tests.domain.builders import NOW, later, ticket

attempts = st.integers(1, 100)
jitters = st.floats(0, 1)


@given(attempt=attempts, jitter=jitters)
def test_a_pause_stays_within_its_bounds(attempt: int, jitter: float) -> None:
    assert FIRST_WAIT / 2 <= wait_before(attempt, jitter=jitter) <= LONGEST_WAIT


@given(attempt=attempts, jitter=jitters)
def test_pauses_grow_and_half_of_each_is_chance(attempt: int, jitter: float) -> None:
    assert wait_before(attempt + 1, jitter=jitter) >= wait_before(attempt, jitter=jitter)
    assert wait_before(attempt, jitter=0) * 2 == wait_before(attempt, jitter=1)


@given(attempt=attempts, jitter=jitters, seconds=st.integers(0, 100_000))
def test_nobody_is_asked_again_before_they_want(attempt: int, jitter: float, seconds: int) -> None:
    asked = timedelta(seconds=seconds)

    assert wait_before(attempt, jitter=jitter, asked=asked) >= asked


def test_a_delivery_is_given_up_after_its_last_try_and_not_before() -> None:
    assert not is_given_up(MAX_TRIES - 1)
    assert is_given_up(MAX_TRIES)


numbers = st.integers(0, 2**63 - 1)


@given(epoch=st.integers(0, 999_999_999), transaction=numbers, row=numbers)
def test_a_position_is_read_back_as_it_was_written(epoch: int, transaction: int, row: int) -> None:
    position = Position(epoch, transaction, row)

    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "a.b.c", "-1.2.3", " 1.2.3", "1.2.3\n", "1_0.2.3", "1.2.9223372036854775808", "١.٢.٣"],
)
def test_a_position_that_we_never_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a position"):
        Position.parse(text)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50))))
def test_positions_sort_by_epoch_then_transaction_then_row(parts: list[tuple[int, int, int]]) -> None:
    assert [(p.epoch, p.transaction, p.row) for p in sorted(Position(*part) for part in parts)] == sorted(parts)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (ClockKind.SNOOZE, {"state": State.SNOOZED}, (State.OPEN, Priority.NORMAL)),
        (ClockKind.SNOOZE, {"state": State.WAITING}, (State.WAITING, Priority.NORMAL)),
        (ClockKind.CALLBACK, {"state": State.OPEN}, (State.OPEN, Priority.HIGH)),
        (ClockKind.CALLBACK, {"state": State.OPEN, "priority": Priority.URGENT}, (State.OPEN, Priority.URGENT)),
        (ClockKind.CALLBACK, {"state": State.SOLVED}, (State.SOLVED, Priority.NORMAL)),
        (ClockKind.CLOSE, {"state": State.SOLVED}, (State.CLOSED, Priority.NORMAL)),
        (ClockKind.CLOSE, {"state": State.SOLVED, "public": True}, (State.SOLVED, Priority.NORMAL)),
        (ClockKind.CLOSE, {"state": State.OPEN}, (State.OPEN, Priority.NORMAL)),
    ],
)
def test_what_a_clock_changes(kind: ClockKind, before: dict[str, object], after: tuple[State, Priority]) -> None:
    clocked = ticket(**before)
    clock = Clock(ClockId(new_id()), clocked.id, kind, started_at=NOW, due_at=later(1))
    ringing = rung(clocked, clock, now=later(1))

    assert (ringing.state, ringing.priority) == after


def test_a_sleeper_that_wakes_waits_from_then_on() -> None:
    clocked = ticket(state=State.SNOOZED, snoozed_until=later(1))
    clock = Clock(ClockId(new_id()), clocked.id, ClockKind.SNOOZE, started_at=NOW, due_at=later(1))

    assert rung(clocked, clock, now=later(1)).waiting_since == later(1)


def test_ids_grow_even_within_a_millisecond_and_are_all_different() -> None:
    ids = [new_id() for _ in range(20_000)]

    assert ids == sorted(set(ids))
    assert {(made.version, made.variant) for made in ids} == {(7, RFC_4122)}
