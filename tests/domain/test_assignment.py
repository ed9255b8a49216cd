"""Who may take a ticket, what comes first, and that nothing is decided against it in any history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inbox.domain.assignment import (
    Choice,
    Refusal,
    Work,
    best,
    changes_at,
    decide,
    holding,
    in_order,
    refusal,
    weight_for,
    why_waiting,
)
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import ManagerId, TeamId, TicketId, new_id
from inbox.domain.manager import Access, Availability, Manager
from tests.domain.builders import INBOX, NOW, later, manager

HELPERS = Team(TeamId(new_id()), "Helpers")
OURS = Team(TeamId(new_id()), "Ours", skills=("tax",), overflow_to=(HELPERS.id,))
OFFERING = Team(TeamId(new_id()), "Offering", mode=Mode.OFFER)
PULLING = Team(TeamId(new_id()), "Pulling", mode=Mode.PULL)
TEAMS = {team.id: team for team in (HELPERS, OURS, OFFERING, PULLING)}


def work(*, minutes: float = 0, target: float = 60, **more: object) -> Work:
    """Something that waits since some minutes after NOW, to be answered within an hour unless said otherwise."""
    values: dict[str, object] = {
        "ticket_id": TicketId(new_id()),
        "inbox_id": INBOX,
        "channel": "comments",
        "weight": 10,
        "waiting_since": later(minutes=minutes),
        "due_at": later(minutes=minutes + target),
        "target": timedelta(minutes=target),
    }
    return Work(**(values | more))  # type: ignore[arg-type]  # a test's builder


def person(name: object = "Aylin", **more: object) -> Manager:
    values: dict[str, object] = {"capacity": 100} | more
    return manager(name, **values)


def refused(who: Manager, what: Work, *, minutes: float = 0) -> Refusal | None:
    return refusal(who, what, teams=TEAMS, now=later(minutes=minutes))


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ({}, None),
        ({"availability": Availability.BUSY}, Refusal.BUSY),
        ({"availability": Availability.AWAY}, Refusal.AWAY),
        ({"availability": Availability.OFFLINE}, Refusal.OFFLINE),
        ({"active": False}, Refusal.OFFLINE),
        ({"access": Access(inboxes=frozenset())}, Refusal.NOT_PERMITTED),
        ({"load": 90}, None),
        ({"load": 91}, Refusal.FULL),
        ({"load": 90, "weights": {"comments": 20}}, Refusal.FULL),
        ({"load": 95, "weights": {"comments": 5}}, None),
        ({"capacity": 5}, None),  # whoever has nothing to do may take one
        ({"capacity": 0}, Refusal.FULL),
    ],
    ids=str,
)
def test_nobody_absent_full_or_unpermitted_is_given_anything(who: dict[str, object], why: Refusal | None) -> None:
    assert refused(person("Aylin", **who), work()) is why


def test_a_ticket_of_a_team_is_for_its_members_until_others_are_to_help() -> None:
    member, helper, other = person(teams=frozenset({OURS.id})), person(teams=frozenset({HELPERS.id})), person()
    ours = work(team=OURS)

    assert [refused(who, ours, minutes=29) for who in (member, helper, other)] == [
        None,
        Refusal.OTHER_TEAM,
        Refusal.OTHER_TEAM,
    ]
    assert [refused(who, ours, minutes=30) for who in (helper, other)] == [None, Refusal.OTHER_TEAM]


def test_a_language_is_asked_for_ever_less() -> None:
    french, english, german = (person(languages=(spoken,)) for spoken in ("fr-CA", "en", "de"))
    bonjour = work(language="fr", fallback=("en",))

    waits = [
        [refused(who, bonjour, minutes=waited) for who in (french, english, german)] for waited in (0, 29, 30, 59, 60)
    ]
    strict, helped, anybody = [None, *[Refusal.LANGUAGE] * 2], [None, None, Refusal.LANGUAGE], [None] * 3
    assert waits == [strict, strict, helped, helped, anybody]


def test_skills_are_ones_own_and_those_of_ones_teams() -> None:
    asks = work(skills=("tax", "ios"))

    assert refused(person(skills=("ios",)), asks) is Refusal.SKILL
    assert refused(person(skills=("ios",), teams=frozenset({OURS.id})), asks) is None


def test_who_declined_is_not_asked_again() -> None:
    me = person()

    assert refused(me, work(declined=frozenset({me.id})), minutes=10_000) is Refusal.DECLINED


def chosen(what: Work, *people: Manager) -> Choice:
    choice = best(what, people, teams=TEAMS, now=NOW)
    assert choice is not None
    return choice


def test_who_knows_the_contact_comes_first_then_who_has_most_left_then_who_idled_longest() -> None:
    knows, half, idle_new, idle_long = (
        person("Knows", load=80),
        person("Half", load=40, capacity=200),
        person("New", load=20, assigned_at=NOW),
        person("Long", load=20, assigned_at=later(-1)),
    )
    people = [half, idle_new, idle_long, knows]

    assert chosen(work(knows=knows.id), *people).manager_id == knows.id
    assert chosen(work(), *people).manager_id == half.id
    assert chosen(work(), idle_new, idle_long).manager_id == idle_long.id


def test_whoever_knows_the_contact_but_is_full_is_not_waited_for() -> None:
    knows, other = person(load=100), person()

    assert chosen(work(knows=knows.id), knows, other).manager_id == other.id


def test_a_reason_says_language_acquaintance_room_and_deadline() -> None:
    me = person(languages=("fr",), load=30, holds={"chat": 1})
    asked = work(channel="chat", weight=30, language="fr", knows=me.id, target=1, minutes=-20 / 60)

    why = chosen(asked, me).why
    assert why.text == "French, knows the contact, 2 of 3 in chat, due in 40 s"
    assert {"fact": "load", "load": 60, "capacity": 100} in why.facts


def test_why_something_waits_counts_what_keeps_each_of_us_from_it_and_what_time_will_change() -> None:
    people = [person(load=100), person(load=95), person(teams=frozenset({HELPERS.id})), person(active=False)]
    people = [replace(who, teams=who.teams or frozenset({OURS.id})) for who in people]

    why = why_waiting(work(team=OURS), people, teams=TEAMS, now=later(minutes=10))
    assert why.text == "1 in other teams, 2 full, other teams help in 20 min, waiting for 10 min, due in 50 min"


def test_what_a_team_takes_itself_says_so_and_is_given_to_nobody() -> None:
    member = person(teams=frozenset({PULLING.id}))
    pulled = work(team=PULLING)

    assert decide([pulled], [member], teams=TEAMS, now=NOW) == []
    assert why_waiting(pulled, [member], teams=TEAMS, now=NOW).text.startswith("Pulling takes its tickets itself")


def test_an_offering_team_offers() -> None:
    assert chosen(work(team=OFFERING), person(teams=frozenset({OFFERING.id}))).mode is Mode.OFFER


def test_the_next_deadline_comes_first_and_what_missed_it_comes_up_again() -> None:
    soon, later_on, missed, long_missed = work(), work(target=90), work(minutes=-70, target=60), work(minutes=-200)
    order = in_order([later_on, missed, soon, long_missed], now=NOW)

    assert order == [soon, later_on, long_missed, missed]


def test_who_has_waited_only_a_moment_keeps_their_place_though_late() -> None:
    mail, chat, left = work(target=120), work(minutes=-2, target=1), work(minutes=-5, target=1)
    assert in_order([mail, left, chat], now=NOW) == [chat, mail, left]


def test_a_flood_of_light_work_does_not_keep_a_heavy_piece_waiting() -> None:
    me = person(load=20)
    call = work(channel="telephony", weight=100, target=30)
    mails = [work(minutes=n, target=240) for n in range(5)]

    assert decide([call, *mails], [me], teams=TEAMS, now=NOW) == []
    assert [c.ticket_id for c in decide([call, *mails], [replace(me, load=0)], teams=TEAMS, now=NOW)] == [
        call.ticket_id
    ]


def test_a_thousand_that_nobody_may_take_do_not_hide_the_one_behind_them() -> None:
    german = person(languages=("de",))
    french = [work(language="fr") for _ in range(1000)]
    last = work(language="de", target=400)

    assert [c.ticket_id for c in decide([*french, last], [german], teams=TEAMS, now=NOW)] == [last.ticket_id]


def test_the_moments_at_which_more_people_may_take_something_are_known_before() -> None:
    asked = work(team=replace(OURS, overflow_after=25), language="fr", fallback=("en",))
    moments = [later(minutes=minutes) for minutes in (15, 30, 60)]

    found, now = [], NOW
    while (at := changes_at(asked, now=now)) is not None:
        found.append(at)
        now = at
    assert found == moments


TONGUES = st.sampled_from([None, "de", "fr"])
SETS = st.sampled_from([(), (OURS.id,), (HELPERS.id,), (OURS.id, HELPERS.id)])
PEOPLE = st.builds(
    lambda spoken, teams, capacity, weights: person(
        languages=spoken, teams=frozenset(teams), capacity=capacity, weights=weights
    ),
    st.sampled_from([("de",), ("fr",), ("de", "fr"), ()]),
    SETS,
    st.sampled_from([0, 10, 30, 100, 200]),
    st.sampled_from([{}, {"chat": 50}, {"comments": 5}]),
)
KINDS = st.sampled_from([("comments", 10, 60), ("chat", 30, 1), ("email", 10, 240), ("telephony", 100, 30)])


class House(RuleBasedStateMachine):
    """People come, go, finish and refuse; tickets come; time passes. After each step there is a pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.people: dict[ManagerId, Manager] = {}
        self.waiting: dict[TicketId, Work] = {}
        self.held: dict[ManagerId, list[Work]] = {}

    @rule(who=PEOPLE)
    def somebody_joins(self, who: Manager) -> None:
        joined = replace(who, id=ManagerId(new_id()))
        self.people[joined.id], self.held[joined.id] = joined, []
        self.give_out()

    @rule(kind=KINDS, language=TONGUES, team=st.sampled_from([None, OURS, HELPERS]), skill=st.booleans())
    def somebody_asks(self, kind: tuple[str, int, int], language: str | None, team: Team | None, skill: bool) -> None:
        channel, weight, target = kind
        asked = work(
            channel=channel,
            weight=weight,
            language=language,
            team=team,
            skills=("tax",) if skill else (),
            minutes=(self.now - NOW) / timedelta(minutes=1),
            target=target,
        )
        self.waiting[asked.ticket_id] = asked
        self.give_out()

    @precondition(lambda self: self.people)
    @rule(draw=st.data(), to=st.sampled_from(Availability))
    def somebody_comes_or_goes(self, draw: st.DataObject, to: Availability) -> None:
        who = draw.draw(st.sampled_from(sorted(self.people)))
        self.people[who] = replace(self.people[who], availability=to)
        if to is Availability.OFFLINE:
            for left in self.held[who]:
                self.waiting[left.ticket_id] = left
            self.held[who] = []
        self.give_out()

    @precondition(lambda self: any(self.held.values()))
    @rule(draw=st.data(), declines=st.booleans())
    def somebody_finishes_or_gives_back(self, draw: st.DataObject, declines: bool) -> None:
        who = draw.draw(st.sampled_from(sorted(m for m, held in self.held.items() if held)))
        done = self.held[who].pop(0)
        if declines:
            self.waiting[done.ticket_id] = replace(done, declined=done.declined | {who})
        self.give_out()

    @rule(minutes=st.sampled_from([0.1, 1, 20, 31, 300]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self.give_out()

    def loaded(self) -> list[Manager]:
        return [
            replace(who, load=sum(weight_for(who, held) for held in self.held[who.id])) for who in self.people.values()
        ]

    def give_out(self) -> None:
        """Do a pass, and check each of its decisions against the state that it found."""
        people = {who.id: who for who in self.loaded()}
        for choice in decide(self.waiting.values(), people.values(), teams=TEAMS, now=self.now):
            given = self.waiting.pop(choice.ticket_id)
            who = people[choice.manager_id]
            assert refusal(who, given, teams=TEAMS, now=self.now) is None
            assert who.load == 0 or who.load + weight_for(who, given) <= who.capacity
            people[who.id] = holding(who, given, now=self.now)
            self.held[who.id].append(given)
            self.people[who.id] = replace(self.people[who.id], assigned_at=self.now)

    @invariant()
    def nothing_waits_that_somebody_is_free_for(self) -> None:
        """But for those who are kept for a more pressing piece that they have not enough of themselves left for."""
        people, ahead = self.loaded(), list[Work]()
        for waits in in_order(self.waiting.values(), now=self.now):
            for who in people:
                if refusal(who, waits, teams=TEAMS, now=self.now) is None:
                    assert any(refusal(who, w, teams=TEAMS, now=self.now) is Refusal.FULL for w in ahead)
            ahead.append(waits)

    def teardown(self) -> None:
        """Nothing starves: once everybody is there and works, all is done that anybody may do."""
        for who in self.people:
            self.people[who] = replace(self.people[who], availability=Availability.ONLINE)
        for _ in range(len(self.waiting) + 2):
            self.give_out()
            self.held = {who: [] for who in self.people}
            self.now += timedelta(hours=5)
        for waits in self.waiting.values():
            assert all(refusal(who, waits, teams=TEAMS, now=self.now) is not None for who in self.people.values())


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_a_heavy_old_piece_is_done_while_lighter_ones_keep_coming() -> None:
    call = work(channel="telephony", weight=100, target=30)
    waiting, held, now = {call.ticket_id: call}, list[tuple[datetime, Work]](), NOW
    me = person(load=0)
    for n in range(290):
        now = later(minutes=n)
        mail = work(minutes=n - 200, target=201)  # each is due in a minute
        waiting[mail.ticket_id] = mail
        held = [(at, each) for at, each in held if at > now]
        mine = replace(me, load=sum(each.weight for _, each in held))
        for choice in decide(waiting.values(), [mine], teams={}, now=now):
            held.append((now + timedelta(minutes=5), waiting.pop(choice.ticket_id)))

    assert call.ticket_id not in waiting
