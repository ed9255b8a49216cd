"""Virtual time: what people are given, when they turn to it, and that nobody waits for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.domain.assignment import Choice, Work, decide
from inbox.domain.campaign import Team
from inbox.domain.ids import ContactId, InboxId, ManagerId, TeamId, TicketId
from inbox.domain.manager import Manager
from inbox.domain.rehearsal import SHIPPED, Arrival, Person, Policy, Wait, rehearse
from tests.domain.builders import later, manager

_INBOX = InboxId(UUID(int=1))
_END = later(days=3)
_WEIGHTS = {"comments": 10, "email": 10, "chat": 30, "telephony": 100}
_TARGETS = {"comments": 60, "email": 240, "chat": 1, "telephony": 30}


def arrival(
    number: int, channel: str = "email", *, at: float = 0, takes: float = 5, contact: int | None = None
) -> Arrival:
    target = timedelta(minutes=_TARGETS[channel])
    work = Work(
        ticket_id=TicketId(UUID(int=number)),
        inbox_id=_INBOX,
        channel=channel,
        weight=_WEIGHTS[channel],
        waiting_since=later(minutes=at),
        due_at=later(minutes=at) + target,
        target=target,
    )
    return Arrival(work, timedelta(minutes=takes), ContactId(UUID(int=contact)) if contact is not None else None)


def person(number: int, *present: tuple[float, float]) -> Person:
    hours = present or ((0, 3 * 24 * 60),)
    who = manager(number, id=ManagerId(UUID(int=number)), capacity=100)
    return Person(who, tuple((later(minutes=begin), later(minutes=end)) for begin, end in hours))


def waits_of(arrivals: Sequence[Arrival], people: Sequence[Person], policy: Policy = SHIPPED) -> dict[int, Wait]:
    waits = rehearse(arrivals, people, teams={}, until=_END, policy=policy)
    return {wait.work.ticket_id.int: wait for wait in waits}


def minutes(wait: Wait) -> float:
    return wait.waited / timedelta(minutes=1)


crowds = st.lists(
    st.tuples(st.integers(0, 600), st.sampled_from(sorted(_WEIGHTS)), st.integers(1, 30), st.integers(0, 5)),
    max_size=40,
).map(
    lambda drawn: [
        arrival(n, channel, at=at, takes=takes, contact=contact)
        for n, (at, channel, takes, contact) in enumerate(sorted(drawn), start=1)
    ]
)
crews = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 600)), min_size=1, max_size=4).map(
    lambda drawn: [person(n, (begin, begin + length)) for n, (begin, length) in enumerate(drawn, start=1)]
)


def test_somebody_who_is_free_turns_to_it_at_once() -> None:
    assert waits_of([arrival(1)], [person(1)])[1].waited == timedelta(0)


def test_a_second_piece_waits_until_the_first_is_done() -> None:
    found = waits_of([arrival(1, takes=5), arrival(2, at=1)], [person(1)])

    assert minutes(found[2]) == 4


def test_the_most_pressing_of_a_hand_comes_first() -> None:
    found = waits_of([arrival(1, takes=10), arrival(2, "email", at=1), arrival(3, "comments", at=2)], [person(1)])

    assert minutes(found[3]) == 8


def test_what_somebody_did_not_get_to_is_handed_over_when_they_leave() -> None:
    found = waits_of([arrival(1, takes=30), arrival(2, at=1)], [person(1, (0, 20)), person(2, (20, 60))])

    assert (minutes(found[2]), found[2].manager_id) == (19, ManagerId(UUID(int=2)))


def test_a_contact_comes_back_to_whom_they_know() -> None:
    crowd = [arrival(1, contact=7, takes=1), arrival(2, at=30, contact=7)]

    for first in (1, 2):
        found = waits_of(crowd, [person(first), person(3 - first, (10, 90))])
        assert found[2].manager_id == found[1].manager_id


def test_who_still_waits_at_the_end_is_told_of() -> None:
    wait = waits_of([arrival(1)], [person(1, (0, 0))])[1]

    assert (wait.manager_id, wait.until, wait.is_missed) == (None, _END, True)


@given(crowds, crews)
def test_a_rehearsal_comes_out_the_same_every_time(crowd: list[Arrival], crew: list[Person]) -> None:
    assert waits_of(crowd, crew) == waits_of(crowd, crew)


@given(crowds, crews)
def test_everybody_who_came_is_told_of_once(crowd: list[Arrival], crew: list[Person]) -> None:
    waits = rehearse(crowd, crew, teams={}, until=_END)

    assert sorted(wait.work.ticket_id for wait in waits) == [one.work.ticket_id for one in crowd]


@given(crowds, crews)
def test_nobody_is_given_anything_while_absent_or_beyond_their_capacity(
    crowd: list[Arrival], crew: list[Person]
) -> None:
    present = {one.manager.id: one.present[0] for one in crew}

    def watched(
        works: Sequence[Work], managers: Sequence[Manager], *, teams: Mapping[TeamId, Team], now: datetime
    ) -> list[Choice]:
        choices = decide(works, managers, teams=teams, now=now)
        loads = {one.id: one.load for one in managers}
        weights = {work.ticket_id: work.weight for work in works}
        for choice in choices:
            begin, end = present[choice.manager_id]
            assert begin <= now < end
            loads[choice.manager_id] += weights[choice.ticket_id]
            assert loads[choice.manager_id] <= 100
        return choices

    waits_of(crowd, crew, Policy(decide=watched))


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(sorted(_WEIGHTS)),
    st.sampled_from(["comments", "email", "chat"]),
    st.integers(1, 2),
    st.floats(2, 5),
)
def test_nothing_starves_however_much_else_keeps_coming(old: str, other: str, crew: int, gap: float) -> None:
    """Four minutes of work for each person come every `gap` minutes: up to twice what they can do, for ten hours."""
    flood = [arrival(n, other, at=1 + n * gap / crew, takes=4) for n in range(2, int(10 * 60 / gap * crew))]

    found = waits_of([arrival(1, old, at=1, takes=4), *flood], [person(n) for n in range(1, crew + 1)])

    # Its target, what the late are put off by, and what was given out before.
    assert found[1].waited <= timedelta(minutes=_TARGETS[old]) + timedelta(hours=5)


def test_a_heavy_piece_gets_its_turn_though_light_ones_keep_everybody_busy() -> None:
    flood = [arrival(n, "comments", at=n, takes=1) for n in range(2, 600)]
    call = arrival(1000, "telephony", at=300)

    found = waits_of([arrival(1, "comments", takes=8), *flood[:298], call, *flood[298:]], [person(1)])

    assert minutes(found[1000]) < 60
