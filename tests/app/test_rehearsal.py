"""The dry run: what is read of a period, what is measured, what is assumed, and what two rulebooks make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from inbox.app.record_ports import Answer, Attended, Spoken
from inbox.app.rehearsal import Compared, Recorded, compared
from inbox.app.rehearsal_people import handling_of, people_of
from inbox.domain.campaign import Team
from inbox.domain.ids import InboxId, ManagerId, TeamId, TicketId
from inbox.domain.lanes import Lane
from inbox.domain.manager import Availability, Manager
from inbox.domain.rulebook import Conditions, Outcome, Rule, Rulebook
from inbox.rehearsing import Rehearsing
from tests.domain.builders import later, manager

_ONE, _TWO = ManagerId(UUID(int=1)), ManagerId(UUID(int=2))
_TEAM = Team(TeamId(UUID(int=7)), "Tax", frozenset({_TWO}))
_BOOK = Rulebook(weights={"email": 10, "comments": 10}, targets={"email": 240, "comments": 60})
_TO_TAX = Rule("tax", "Tax", Conditions(words=("tax",)), Outcome(team_id=_TEAM.id))


def spoken(at: float, text: str = "When?", channel: str = "email", answered: float | None = None) -> Spoken:
    return Spoken(
        ticket_id=TicketId(UUID(int=int(at))),
        inbox_id=InboxId(UUID(int=1)),
        channel=channel,
        at=later(minutes=at),
        seq=1,
        text=text,
        public=channel == "comments",
        answered_at=None if answered is None else later(minutes=answered),
    )


def online(who: ManagerId, at: float = 0) -> Attended:
    return Attended(who, later(minutes=at), Availability.ONLINE)


def period(*said: Spoken, attended: tuple[Attended, ...] = (), answers: tuple[Answer, ...] = ()) -> Recorded:
    one, two = manager("One", id=_ONE, capacity=100), manager("Two", id=_TWO, capacity=100)
    return Recorded(
        since=later(),
        until=later(minutes=600),
        spoken=said,
        managers=(one, replace(two, teams=frozenset({_TEAM.id}))),
        teams=(_TEAM,),
        campaigns=(),
        attended=attended,
        answers=answers,
    )


def seconds(length: timedelta) -> float:
    return length.total_seconds()


def test_a_rule_that_sends_much_to_one_person_makes_them_a_bottleneck() -> None:
    said = [spoken(n, "A question of tax") for n in range(40)]

    result = compared(period(*said, attended=(online(_ONE), online(_TWO))), _BOOK, replace(_BOOK, rules=(_TO_TAX,)))

    assert result.differing == 40
    assert result.changed["email"].p90 > result.now["email"].p90


def test_a_lane_that_asks_for_no_answer_is_not_waited_for() -> None:
    to_thank = Rule("thank", "Thanks", Conditions(words=("thanks",)), Outcome(lane=Lane.THANK))

    result = compared(
        period(spoken(1, "thanks"), spoken(2), attended=(online(_ONE),)), _BOOK, replace(_BOOK, rules=(to_thank,))
    )

    assert (result.now["email"].arrivals, result.changed["email"].arrivals) == (2, 1)


def test_what_a_person_decided_about_a_lane_stands() -> None:
    by_hand = replace(spoken(1), lane="spam")

    assert compared(period(by_hand, spoken(2)), _BOOK, _BOOK).now["email"].arrivals == 1


def test_the_same_rules_make_no_difference() -> None:
    result = compared(period(spoken(1), spoken(3), attended=(online(_ONE),)), _BOOK, _BOOK)

    assert (result.differing, result.now) == (0, result.changed)


def test_how_it_was_is_told_beside_it() -> None:
    was = compared(period(spoken(0, answered=30), spoken(1)), _BOOK, _BOOK).was["email"]

    assert (was.arrivals, was.unanswered, was.missed) == (2, 1, 1)
    assert seconds(was.median) == 599 * 60


def test_handling_is_measured_where_there_is_enough_else_assumed() -> None:
    answers = [Answer(_ONE, "email", later(minutes=3 * n)) for n in range(30)]
    pause = Answer(_ONE, "email", later(minutes=500))

    found = handling_of([spoken(1), spoken(2, channel="comments")], [*answers, pause])

    assert (seconds(found["email"].takes), found["email"].samples) == (180, 29)
    assert (seconds(found["comments"].takes), found["comments"].samples) == (120, 0)


def test_attendance_is_as_recorded_from_before_the_period_on() -> None:
    changes = (online(_ONE, -60), Attended(_ONE, later(minutes=60), Availability.AWAY), online(_ONE, 90))

    people, guessed = people_of(_managers(), changes, (), (later(), later(minutes=600)))

    assert [one.present for one in people] == [(_span(0, 60), _span(90, 600))]
    assert guessed == 0


def test_who_answered_was_there_though_nobody_wrote_it_down() -> None:
    answers = [Answer(_TWO, "email", later(minutes=at)) for at in (100, 120, 300)]

    people, guessed = people_of(_managers(), (), answers, (later(), later(minutes=600)))

    assert [one.present for one in people] == [(_span(70, 150), _span(270, 330))]
    assert guessed == 1


async def test_a_rehearsal_in_another_process_comes_out_the_same() -> None:
    said = period(spoken(1), spoken(2, "tax"), attended=(online(_ONE),))
    changed = replace(_BOOK, rules=(_TO_TAX,))

    found: Compared = await Rehearsing()(said, _BOOK, changed)

    assert found == compared(said, _BOOK, changed)


def _managers() -> tuple[Manager, ...]:
    return period().managers


def _span(begin: float, end: float) -> tuple[datetime, datetime]:
    return later(minutes=begin), later(minutes=end)
