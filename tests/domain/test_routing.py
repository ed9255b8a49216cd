"""Rules decide from facts alone, whatever the facts and whatever the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.ids import CampaignId, ClientId, TeamId, new_id
from inbox.domain.lanes import Lane
from inbox.domain.routing import Router, route
from inbox.domain.rulebook import Conditions, Facts, Hours, Outcome, Rule, Rulebook, Stop
from inbox.domain.ticket import Priority
from tests.domain.builders import INBOX, NOW

TEAM, OTHER_TEAM = TeamId(new_id()), TeamId(new_id())
LUMI, CLIENT = CampaignId(new_id()), ClientId(new_id())
ALWAYS = Conditions()
ALL = Outcome(TEAM, ("tax",), Priority.HIGH, Lane.THANK, ("a",), 30)


def facts(text: str = "Wann kommt die Rechnung?", **more: Any) -> Facts:
    return replace(Facts(INBOX, "email", NOW, text, "de"), **more)


def rule(when: Conditions = ALWAYS, then: Outcome = ALL, name: str = "r", **more: Any) -> Rule:
    return Rule(name, name, when, then, **more)


def matches(when: Conditions, of: Facts) -> bool:
    return bool(route(of, Rulebook((rule(when),))).matches)


@pytest.mark.parametrize(
    ("when", "other"),
    [
        (Conditions(inboxes=frozenset({INBOX})), {"inbox_id": new_id()}),
        (Conditions(channels=frozenset({"email"})), {"channel": "chat"}),
        (Conditions(campaigns=frozenset({LUMI})), {"campaign_id": None}),
        (Conditions(clients=frozenset({CLIENT})), {"client_id": new_id()}),
        (Conditions(languages=frozenset({"DE"})), {"language": "fr"}),
        (Conditions(languages=frozenset({"de"})), {"language": None}),
        (Conditions(words=("RÉCHNUNG", "x")), {"text": "Rechnungen"}),
        (Conditions(without=("quittung",)), {"text": "Rechnung, Quittung"}),
        (Conditions(roles=frozenset({"press", "vip"})), {"roles": frozenset({"client"})}),
        (Conditions(first=True), {"first": False}),
        (Conditions(public=True), {"public": False}),
        (Conditions(asks=True), {"text": "Danke"}),
        (Conditions(asks=False, words=("danke",)), {"text": "Danke, wann"}),
        (Conditions(at_most=4), {"text": "eins zwei drei vier fünf"}),
        (Conditions(hours=Hours("Europe/Berlin", since=time(9), until=time(11))), {"at": NOW + timedelta(hours=2)}),
    ],
)
def test_a_rule_matches_only_what_its_conditions_say(when: Conditions, other: dict[str, Any]) -> None:
    fitting = facts(
        "Danke" if when.asks is False else "Wann kommt die Rechnung?",
        campaign_id=LUMI,
        client_id=CLIENT,
        roles=frozenset({"vip"}),
        first=True,
        public=True,
    )

    assert matches(when, fitting)
    assert not matches(when, replace(fitting, **other))


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (datetime(2026, 3, 27, 21, 30, tzinfo=UTC), True),  # Friday 22:30 in Berlin
        (datetime(2026, 3, 28, 4, 30, tzinfo=UTC), True),  # Saturday 5:30: still the night that began on Friday
        (datetime(2026, 3, 28, 5, 30, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 2, 30, tzinfo=UTC), False),  # Sunday, of the night that began on Saturday
        (datetime(2026, 4, 3, 20, 30, tzinfo=UTC), True),  # Friday 22:30 again, in summer time
    ],
)
def test_hours_go_past_midnight_and_follow_the_clocks_of_their_place(at: datetime, holds: bool) -> None:
    assert Hours("Europe/Berlin", frozenset({4}), time(22), time(6)).hold(at) is holds


def test_a_zone_that_the_machine_does_not_know_is_read_as_utc() -> None:
    assert Hours("Mars/Olympus", since=time(9), until=time(10)).hold(NOW)


def test_with_first_match_the_upper_rule_decides_alone() -> None:
    book = Rulebook((rule(then=Outcome(tags=("upper",))), rule()), Stop.FIRST)

    routed = route(facts(), book)

    assert (routed.tags, routed.team_id, routed.lane) == (("upper",), None, Lane.ANSWER)


def test_with_all_matches_the_upper_of_two_wins_and_lists_are_joined() -> None:
    lower = Outcome(OTHER_TEAM, ("law", "tax"), Priority.LOW, Lane.SPAM, ("b", "a"), 5)
    routed = route(facts(), Rulebook((rule(), rule(then=lower))))

    assert (routed.team_id, routed.priority, routed.lane, routed.minutes) == (TEAM, Priority.HIGH, Lane.THANK, 30)
    assert (routed.skills, routed.tags) == (("tax", "law"), ("a", "b"))


def test_a_rule_that_is_switched_off_decides_nothing() -> None:
    assert route(facts(), Rulebook((rule(active=False),))).matches == ()


def test_a_ticket_without_a_rule_goes_to_the_team_of_its_campaign() -> None:
    assert route(facts(campaign_team=OTHER_TEAM), Rulebook()).team_id == OTHER_TEAM
    assert route(facts(campaign_team=OTHER_TEAM), Rulebook((rule(),))).team_id == TEAM


@pytest.mark.parametrize(
    ("roles", "minutes"), [(frozenset(), 60), (frozenset({"press"}), 60), (frozenset({"vip", "press"}), 30)]
)
def test_the_target_shrinks_for_who_matters_more(roles: frozenset[str], minutes: int) -> None:
    assert route(facts(roles=roles), Rulebook(targets={"email": 60})).target == timedelta(minutes=minutes)


def test_the_nearest_word_about_a_target_counts() -> None:
    targets = Rulebook(targets={"email": 60})
    of_inbox = replace(targets, inbox_targets={INBOX: 45})
    of_rule = replace(of_inbox, rules=(rule(then=Outcome(target=5)),))

    assert [route(facts(), book).minutes for book in (Rulebook(), targets, of_inbox, of_rule)] == [240, 60, 45, 5]


words = st.sampled_from(["danke", "Rechnung", "où", "vielen dank", "", "👍", "?"])
some = st.lists(words, max_size=3).map(tuple)
maybe = st.none() | st.booleans()
conditions = st.builds(
    Conditions,
    channels=st.frozensets(st.sampled_from(["email", "chat"])),
    languages=st.frozensets(st.sampled_from(["de", "pt-BR", ""])),
    words=some,
    without=some,
    roles=st.frozensets(st.sampled_from(["vip", "press"])),
    hours=st.none()
    | st.builds(Hours, st.sampled_from(["Europe/Paris", "", "../x"]), since=st.times(), until=st.times()),
    first=maybe,
    public=maybe,
    asks=maybe,
    at_most=st.none() | st.integers(0, 9),
)
outcomes = st.builds(
    Outcome,
    team_id=st.none() | st.just(TEAM),
    skills=some,
    priority=st.none() | st.sampled_from(Priority),
    lane=st.none() | st.sampled_from(Lane),
    tags=some,
    target=st.none() | st.integers(1, 10_000),
)
rules = st.builds(Rule, st.text(max_size=3), st.text(max_size=3), conditions, outcomes, st.booleans())
books = st.builds(
    Rulebook,
    st.lists(rules, max_size=6).map(tuple),
    st.sampled_from(Stop),
    vip_factor=st.integers(1, 1_000),
)
all_facts = st.builds(
    Facts,
    st.just(INBOX),
    st.sampled_from(["email", "chat", "pigeon"]),
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Kolkata")])),
    st.lists(words | st.text(max_size=9), max_size=6).map(" ".join),
    st.sampled_from([None, "de", "pt-BR", "x-y-z", ""]),
    roles=st.frozensets(st.sampled_from(["vip", "press", "client"])),
    first=st.booleans(),
    public=st.booleans(),
)


@given(all_facts, books)
def test_whatever_the_facts_and_the_rules_there_is_one_decision(of: Facts, book: Rulebook) -> None:
    routed = Router.of(book).route(of)

    assert routed == route(of, book)
    assert routed.target > timedelta(0)
    assert len(routed.matches) <= (1 if book.stop is Stop.FIRST else len(book.rules))


@given(all_facts, books, outcomes)
def test_what_a_rule_decides_changes_nothing_about_which_rules_match(of: Facts, book: Rulebook, then: Outcome) -> None:
    otherwise = replace(book, rules=tuple(replace(r, then=then) for r in book.rules))

    def matching(b: Rulebook) -> list[Conditions]:
        return [match.rule.when for match in route(of, b).matches]

    assert matching(otherwise) == matching(book)


@given(all_facts, books, conditions)
def test_a_rule_further_down_takes_nothing_from_those_above(of: Facts, book: Rulebook, when: Conditions) -> None:
    above = route(of, book)
    below = route(of, replace(book, rules=(*book.rules, rule(when))))

    assert below.matches[: len(above.matches)] == above.matches
    assert [match.because for match in below.matches[: len(above.matches)]] == [m.because for m in above.matches]
