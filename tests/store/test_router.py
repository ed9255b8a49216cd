"""Giving out work on a real database: offers, handing over, histories, and what holds in any order of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.app import assign, offers
from inbox.app.assign import assign_waiting
from inbox.app.board import board, why
from inbox.app.handover import hand_over
from inbox.app.presence import set_availability
from inbox.domain.assignment import How, Refusal, Work, in_order, refusal, weight_for
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import ManagerId, TeamId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager
from inbox.domain.ticket import State, Ticket, answered, clocked, heard
from inbox.errors import AlreadyClaimed, Conflict
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, add_manager, later, new_message, new_ticket


async def wait(units: Units, inbox: Inbox, **more: object) -> Ticket:
    """A ticket that waits since NOW."""
    async with units() as unit:
        return await new_ticket(unit, inbox, waiting_since=NOW, due_at=later(60), **more)


async def now_of(units: Units, ticket: Ticket) -> Ticket:
    async with units.reading() as unit:
        return await unit.tickets.find(ticket.id, EVERYTHING)


async def hows(units: Units, ticket: Ticket) -> list[How]:
    async with units.reading() as unit:
        return [hand.how for hand in await unit.assignments.history(ticket.id)]


async def turn(units: Units, manager: Manager, to: Availability, *, minutes: float = 0) -> None:
    async with units() as unit:
        await set_availability(unit, await unit.managers.find(manager.id), to, now=later(minutes))


@pytest.fixture
async def aylin(units: Units) -> Manager:
    async with units() as unit:
        return await add_manager(unit, "aylin", capacity=100)


@pytest.fixture
async def offering(units: Units, aylin: Manager) -> Team:
    """A team that offers its tickets; Aylin and Ben are in it."""
    async with units() as unit:
        ben = await add_manager(unit, "ben", capacity=200)
        members = frozenset({aylin.id, ben.id})
        return await unit.campaigns.put_team(Team(TeamId(new_id()), "Licht", members, mode=Mode.OFFER))


async def test_an_assignment_is_remembered_with_its_reason(units: Units, inbox: Inbox, aylin: Manager) -> None:
    ticket = await wait(units, inbox)
    await assign_waiting(units, now=later(1))

    async with units.reading() as unit:
        said = await why(unit, ticket.id, EVERYTHING, now=later(2))
    assert said["assigned"]["text"] == "1 of 10 in email, due in 59 min"
    assert said["waiting"] is None
    assert [(line["how"], line["manager_id"], line["by"]) for line in said["history"]] == [
        ("assigned", str(aylin.id), None)
    ]


async def test_a_waiting_ticket_says_what_keeps_it(units: Units, inbox: Inbox, aylin: Manager) -> None:
    ticket = await wait(units, inbox, skills=("tax",))
    await assign_waiting(units, now=later(1))

    async with units.reading() as unit:
        said = await why(unit, ticket.id, EVERYTHING, now=later(1))
    assert said["assigned"] is None
    assert said["waiting"]["text"] == "1 without the skill, waiting for 60 s, due in 59 min"


async def test_whoever_answered_a_contact_last_gets_their_next_ticket(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        knows, _ = await add_manager(unit, "knows"), await add_manager(unit, "idle", capacity=200)
    first = await wait(units, inbox)
    async with units() as unit:
        held = await unit.tickets.hold(first.id, EVERYTHING)
        await unit.tickets.save(answered(held, "Im Mai.", solve=True, now=NOW), now=NOW)
        await unit.messages.add(replace(new_message(held, 1), manager_id=knows.id))
    second = await wait(units, inbox, contact_id=first.contact_id)
    await assign_waiting(units, now=later(1))

    assert (await now_of(units, second)).assignee_id == knows.id


async def test_an_offer_goes_on_when_it_is_declined_and_does_not_come_back(
    units: Units, inbox: Inbox, offering: Team
) -> None:
    ticket = await wait(units, inbox, team_id=offering.id)
    asked: list[ManagerId] = []
    for n in range(2):
        await assign_waiting(units, now=later(n))
        offered = await now_of(units, ticket)
        assert offered.offered_to is not None
        asked.append(offered.offered_to)
        async with units() as unit:
            await offers.decline(unit, ticket.id, asked[-1], EVERYTHING, now=later(n))
    await assign_waiting(units, now=later(3))

    after = await now_of(units, ticket)
    assert set(asked) == offering.members
    assert (after.offered_to, set(after.declined_by)) == (None, set(asked))
    assert await hows(units, ticket) == [How.OFFERED, How.DECLINED, How.OFFERED, How.DECLINED]


async def test_an_accepted_offer_is_ones_own_and_fills_a_hand_from_the_beginning(
    units: Units, inbox: Inbox, offering: Team
) -> None:
    ticket = await wait(units, inbox, team_id=offering.id)
    await assign_waiting(units, now=NOW)
    me = (await now_of(units, ticket)).offered_to
    assert me is not None
    async with units() as unit:
        assert (await unit.managers.find(me)).load == 10
        (other,) = offering.members - {me}
        with pytest.raises(Conflict):
            await offers.accept(unit, ticket.id, other, EVERYTHING, now=NOW)
        taken = await offers.accept(unit, ticket.id, me, EVERYTHING, now=NOW)

    assert (taken.assignee_id, taken.offered_to) == (me, None)
    assert taken.assigned_why is not None


async def test_who_lets_two_offers_pass_in_a_row_counts_as_away(units: Units, inbox: Inbox, offering: Team) -> None:
    (aylin, ben) = sorted(offering.members)
    async with units() as unit:
        await unit.managers.save(replace(await unit.managers.find(ben), availability=Availability.OFFLINE))
    for n in range(2):
        ticket = await wait(units, inbox, team_id=offering.id)
        done = await assign_waiting(units, now=later(n))
        assert done.next_at == later(n) + timedelta(seconds=30)
        await assign_waiting(units, now=later(n) + timedelta(seconds=31))
        assert (await now_of(units, ticket)).declined_by == (aylin,)

    async with units.reading() as unit:
        assert (await unit.managers.find(aylin)).availability is Availability.AWAY


async def test_whoever_goes_offline_leaves_open_tickets_to_others(units: Units, inbox: Inbox, aylin: Manager) -> None:
    ticket = await wait(units, inbox)
    await assign_waiting(units, now=NOW)
    async with units() as unit:
        ben = await add_manager(unit, "ben")
    await turn(units, aylin, Availability.OFFLINE, minutes=1)
    await assign_waiting(units, now=later(1))

    assert (await now_of(units, ticket)).assignee_id == ben.id
    assert await hows(units, ticket) == [How.ASSIGNED, How.HANDED_OVER, How.ASSIGNED]


async def test_whoever_is_away_leaves_live_and_late_ones_and_keeps_what_can_wait(
    units: Units, inbox: Inbox, aylin: Manager
) -> None:
    chat, mail = await wait(units, inbox, live=True), await wait(units, inbox)
    await assign_waiting(units, now=NOW)
    await turn(units, aylin, Availability.AWAY, minutes=1)

    await assign_waiting(units, now=later(1))
    assert [(await now_of(units, each)).assignee_id for each in (chat, mail)] == [None, aylin.id]
    await assign_waiting(units, now=later(61))
    assert (await now_of(units, mail)).assignee_id is None


@pytest.mark.parametrize(("to", "keeps"), [(Availability.BUSY, True), (Availability.AWAY, False)])
async def test_a_reopened_ticket_stays_with_an_owner_who_is_there(
    units: Units, inbox: Inbox, aylin: Manager, to: Availability, keeps: bool
) -> None:
    ticket = await wait(units, inbox)
    await assign_waiting(units, now=NOW)
    async with units() as unit:
        held = await unit.tickets.hold(ticket.id, EVERYTHING)
        await unit.tickets.save(answered(held, "Im Mai.", solve=False, now=later(1)), now=later(1))
    await turn(units, aylin, to, minutes=2)
    async with units() as unit:
        held = await unit.tickets.hold(ticket.id, EVERYTHING)
        await unit.tickets.save(heard(held, "Und wann?", at=later(3)), now=later(3))
    await assign_waiting(units, now=later(3))

    assert ((await now_of(units, ticket)).assignee_id == aylin.id) is keeps


async def test_what_somebody_takes_while_they_are_gone_is_theirs(units: Units, inbox: Inbox, aylin: Manager) -> None:
    await turn(units, aylin, Availability.OFFLINE)
    ticket = await wait(units, inbox)
    async with units() as unit:
        await assign.claim(unit, ticket.id, aylin.id, EVERYTHING, now=later(1))
    await assign_waiting(units, now=later(2))

    assert (await now_of(units, ticket)).assignee_id == aylin.id


async def test_who_gives_a_ticket_back_is_not_given_it_again(units: Units, inbox: Inbox, aylin: Manager) -> None:
    ticket = await wait(units, inbox)
    await assign_waiting(units, now=NOW)
    async with units() as unit:
        await assign.release(unit, ticket.id, EVERYTHING, by=aylin.id, now=later(1))
    await assign_waiting(units, now=later(1))

    assert (await now_of(units, ticket)).assignee_id is None


async def test_the_board_shows_who_is_on_what_and_what_waits(units: Units, inbox: Inbox, aylin: Manager) -> None:
    await wait(units, inbox)
    await assign_waiting(units, now=NOW)
    for minutes in (2, 1):
        async with units() as unit:
            await new_ticket(unit, inbox, waiting_since=later(minutes), due_at=later(9), skills=("tax",), language="fr")
    async with units.reading() as unit:
        shown = await board(unit, EVERYTHING, now=later(3))

    assert [(m["load"], m["holds"], len(m["tickets"])) for m in shown["managers"]] == [(10, {"email": 1}, 1)]
    assert [(w["channel"], w["language"], w["count"], w["oldest"]) for w in shown["waiting"]] == [
        ("email", "fr", 2, "2026-03-23T09:01:00.000Z")
    ]


async def test_an_answered_live_conversation_goes_on_filling_a_hand(units: Units, inbox: Inbox, aylin: Manager) -> None:
    now = datetime.now(NOW.tzinfo)
    for live, state in ((True, State.WAITING), (False, State.WAITING), (True, State.SOLVED)):
        async with units() as unit:
            ticket = await new_ticket(unit, inbox, live=live, assignee_id=aylin.id, weight=30)
            await unit.tickets.save(replace(ticket, state=state), now=now)

    async with units.reading() as unit:
        assert (await unit.managers.find(aylin.id)).load == 30


PEOPLE = (
    {"languages": ("de",), "capacity": 100},
    {"languages": ("fr",), "capacity": 30},
    {"languages": ("de", "fr"), "capacity": 20, "weights": {"email": 20}},
    {"capacity": 10},
)
STEPS = st.one_of(
    st.tuples(st.just("comes"), st.sampled_from([(None, 10, 0), ("de", 30, 1), ("fr", 10, 0), ("fr", 100, 2)])),
    st.tuples(st.sampled_from(["online", "busy", "away", "offline"]), st.integers(0, 3)),
    st.tuples(
        st.sampled_from(["claim", "release", "solve", "answer", "reopen", "accept", "decline"]), st.integers(0, 9)
    ),
    st.tuples(st.just("later"), st.sampled_from([0.2, 1, 31, 61])),
)


class House:
    """Four people, two teams, and a clock."""

    def __init__(self, units: Units, inbox: Inbox) -> None:
        self.units, self.inbox, self.now = units, inbox, NOW
        self.people: list[ManagerId] = []
        self.teams: dict[TeamId, Team] = {}
        self.tickets: list[TicketId] = []

    async def open(self) -> None:
        async with self.units.session() as session:
            await session.driver.execute("update managers set active = false; update tickets set state = 'closed'")
        async with self.units() as unit:
            made = [await add_manager(unit, str(new_id())) for _ in PEOPLE]
            for manager, more in zip(made, PEOPLE, strict=True):
                await unit.managers.save(replace(manager, **more))  # type: ignore[arg-type]  # a test's table
            self.people = [manager.id for manager in made]
            modes = (Team(TeamId(new_id()), str(new_id()), frozenset(self.people[:2]), mode=Mode.OFFER),)
            helped = Team(TeamId(new_id()), str(new_id()), frozenset(self.people[2:]), overflow_to=(modes[0].id,))
            for team in (*modes, helped):
                stored = await unit.campaigns.put_team(team)
                self.teams[stored.id] = stored

    async def step(self, what: str, how: object) -> None:
        match what, how:
            case "comes", (str() | None as language, int() as weight, int() as team):
                await self.comes(language, weight, team)
            case "later", float() | int():
                self.now += timedelta(minutes=how)
            case (("online" | "busy" | "away" | "offline"), int()):
                async with self.units() as unit:
                    who = await unit.managers.find(self.people[how])
                    await set_availability(unit, who, Availability(what), now=self.now)
            case _, int() if self.tickets:
                await self.work(what, self.tickets[how % len(self.tickets)], self.people[how % 4])

    async def comes(self, language: str | None, weight: int, team: int) -> None:
        async with self.units() as unit:
            ticket = await new_ticket(
                unit,
                self.inbox,
                waiting_since=self.now,
                due_at=self.now + timedelta(hours=1),
                target=timedelta(hours=1),
                language=language,
                weight=weight,
                team_id=sorted(self.teams)[team - 1] if team else None,
            )
        self.tickets.append(ticket.id)

    async def work(self, what: str, ticket_id: TicketId, me: ManagerId) -> None:
        try:
            async with self.units() as unit:
                ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
                match what:
                    case "claim":
                        await assign.claim(unit, ticket_id, me, EVERYTHING, now=self.now)
                    case "release":
                        await assign.release(unit, ticket_id, EVERYTHING, by=me, now=self.now)
                    case "accept":
                        await offers.accept(unit, ticket_id, ticket.offered_to or me, EVERYTHING, now=self.now)
                    case "decline":
                        await offers.decline(unit, ticket_id, ticket.offered_to or me, EVERYTHING, now=self.now)
                    case "reopen":
                        await unit.tickets.save(clocked(heard(ticket, "?", at=self.now)), now=self.now)
                    case _:
                        done = answered(ticket, "!", solve=what == "solve", now=self.now)
                        await unit.tickets.save(done, now=self.now)
        except (AlreadyClaimed, Conflict):
            pass

    async def unassigned(self) -> list[TicketId]:
        async with self.units.session() as session:
            rows = await session.driver.fetch(
                "select id from tickets where state = 'open' and assignee_id is null and offered_to is null"
            )
        return [row["id"] for row in rows]

    async def seen(self) -> tuple[list[Manager], dict[TicketId, Work]]:
        async with self.units.reading() as unit:
            people = [manager for manager in await unit.managers.all() if manager.active]
            spoken = await unit.managers.spoken()
            works = [await unit.assignments.work_of(ticket_id, self.teams) for ticket_id in await self.unassigned()]
        return people, {w.ticket_id: assign.understood(w, spoken, ()) for w in works}

    async def give_out(self) -> None:
        """Let offers end and owners go first; then hold each decision of a pass against the state that it found."""
        await self.checked_pass()
        people, works = await self.seen()
        ahead: list[Work] = []
        for waits in in_order(works.values(), now=self.now):
            for who in people:
                if refusal(who, waits, teams=self.teams, now=self.now) is None:
                    assert any(refusal(who, w, teams=self.teams, now=self.now) is Refusal.FULL for w in ahead)
            ahead.append(waits)

    async def checked_pass(self) -> None:
        async with self.units() as unit:
            await offers.end(unit, now=self.now)
            await hand_over(unit, now=self.now)
        before, works = await self.seen()
        await assign_waiting(self.units, now=self.now)
        people = {manager.id: manager for manager in before}
        for work in in_order(works.values(), now=self.now):
            async with self.units.reading() as unit:
                ticket = await unit.tickets.find(work.ticket_id, EVERYTHING)
            given = ticket.assignee_id or ticket.offered_to
            if given is not None:
                who = people[given]
                assert refusal(who, work, teams=self.teams, now=self.now) is None
                people[given] = replace(who, load=who.load + weight_for(who, work))


@pytest.mark.timeout(300)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=5, max_size=15))
async def test_in_any_history_nobody_is_given_what_they_may_not_have_and_nothing_waits_for_somebody_free(
    units: Units, inbox: Inbox, steps: list[tuple[str, object]]
) -> None:
    house = House(units, inbox)
    await house.open()
    for what, how in steps:
        await house.step(what, how)
        await house.give_out()
