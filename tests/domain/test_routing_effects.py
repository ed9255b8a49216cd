"""What rules change of a ticket, and what they leave because a person set it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inbox.domain.ids import TeamId, new_id
from inbox.domain.lanes import Lane
from inbox.domain.routing import route
from inbox.domain.routing_effects import after_message, again, wants_routing
from inbox.domain.rulebook import Facts, Outcome, Routed, Rule, Rulebook
from inbox.domain.shipped_rules import shipped_book
from inbox.domain.ticket import Priority, State, Ticket
from tests.domain.builders import INBOX, NOW, later, ticket

TEAM = TeamId(new_id())
RULE = Rule("r", "R", then=Outcome(TEAM, ("tax",), Priority.HIGH, None, ("a",), 30))
THANKS, CHAT, QUESTION, OFFER = "Danke!", "Moin", "Wann?", "more backers, dm me"


def routed(text: str, **more: Any) -> tuple[Routed, Facts]:
    facts = Facts(INBOX, "email", later(minutes=5), text, **({"public": True} | more))
    return route(facts, replace(shipped_book(), rules=(RULE, *shipped_book().rules))), facts


def after(text: str, before: Ticket | None = None, **more: Any) -> Ticket:
    now = before or ticket(waiting_since=later(minutes=5))
    opened = replace(now, state=State.OPEN, waiting_since=now.waiting_since or later(minutes=5))
    return after_message(opened, *routed(text, **more), before=before)


def test_a_new_ticket_gets_what_the_rules_decide() -> None:
    new = after(QUESTION)

    assert (new.team_id, new.skills, new.priority, new.tags) == (TEAM, ("tax",), Priority.HIGH, ("a",))
    assert (new.weight, new.target, new.due_at) == (10, timedelta(minutes=30), later(minutes=20))
    assert new.routed_why is not None
    assert new.routed_why.text == "R (always)"


@pytest.mark.parametrize(
    ("text", "lane"), [(QUESTION, Lane.ANSWER), (THANKS, Lane.THANK), (CHAT, Lane.NOTHING), (OFFER, Lane.SPAM)]
)
def test_a_new_ticket_is_in_its_lane_and_only_answer_has_a_deadline(text: str, lane: Lane) -> None:
    new = after(text)

    assert (new.lane, new.lane_by, new.due_at is not None) == (lane, "rule", lane is Lane.ANSWER)
    assert new.lane_why is not None


@pytest.mark.parametrize(("text", "says"), [(THANKS, "Praise: 'danke', no question, public"), (QUESTION, "asks: '?'")])
def test_a_lane_says_why_in_words(text: str, says: str) -> None:
    why = after(text).lane_why

    assert why is not None
    assert why.text == says


@pytest.mark.parametrize("lane", [Lane.THANK, Lane.NOTHING, Lane.SPAM])
def test_a_question_lifts_an_open_ticket_to_answer_and_waits_since_then(lane: Lane) -> None:
    lying = ticket(lane=lane, lane_by="rule", waiting_since=NOW)
    lifted = after(QUESTION, lying)

    assert (lifted.lane, lifted.waiting_since) == (Lane.ANSWER, later(minutes=5))


@pytest.mark.parametrize("text", [THANKS, CHAT, OFFER])
def test_nothing_takes_a_waiting_question_out_of_answer(text: str) -> None:
    waiting = ticket(waiting_since=NOW)

    assert not wants_routing(waiting, waiting)
    assert after(text, waiting).lane is Lane.ANSWER


@pytest.mark.parametrize("state", [State.SOLVED, State.WAITING, State.SNOOZED])
def test_thanks_after_our_answer_are_thanks(state: State) -> None:
    assert after(THANKS, ticket(state=state)).lane is Lane.THANK


@pytest.mark.parametrize(
    ("text", "lane", "public", "then"),
    [
        (CHAT, Lane.THANK, False, Lane.THANK),
        (THANKS, Lane.NOTHING, False, Lane.NOTHING),
        (QUESTION, Lane.NOTHING, False, Lane.ANSWER),
        (QUESTION, Lane.SPAM, False, Lane.SPAM),
        (QUESTION, Lane.SPAM, True, Lane.ANSWER),
    ],
)
def test_the_lane_that_a_person_chose_holds_until_somebody_asks(
    text: str, lane: Lane, public: bool, then: Lane
) -> None:
    chosen = ticket(lane=lane, lane_by="manager", public=public, waiting_since=NOW)

    assert after(text, chosen).lane is then


def test_who_was_called_spam_stays_spam_when_they_write_again() -> None:
    spam = ticket(lane=Lane.SPAM, lane_by="manager", state=State.SOLVED)

    assert after(QUESTION, spam).lane is Lane.SPAM
    assert after(QUESTION, replace(spam, public=True)).lane is Lane.ANSWER


@pytest.mark.parametrize("name", ["priority", "team_id", "skills", "tags"])
def test_what_a_person_set_stays(name: str) -> None:
    mine = ticket(priority=Priority.LOW, skills=("law",), tags=("x",), by_hand=(name,), state=State.SOLVED)

    assert getattr(after(QUESTION, mine), name) == getattr(mine, name)


def test_tags_of_rules_are_added_to_those_that_are_there() -> None:
    assert after(QUESTION, ticket(tags=("x", "a"), state=State.SOLVED)).tags == ("x", "a")


def test_another_campaign_decides_again_but_never_makes_a_question_disappear() -> None:
    waiting = ticket(waiting_since=NOW)
    moved = again(waiting, *routed(THANKS))

    assert (moved.team_id, moved.lane, moved.waiting_since) == (TEAM, Lane.ANSWER, NOW)


def test_a_rulebook_without_rules_leaves_every_ticket_in_answer() -> None:
    facts = Facts(INBOX, "email", NOW, THANKS)
    new = after_message(ticket(waiting_since=NOW), route(facts, Rulebook()), facts, before=None)

    assert (new.lane, new.routed_why) == (Lane.ANSWER, None)
