"""Rules at work: what comes in gets its team and lane in the same statement; what people set stays."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from inbox.app import assign
from inbox.app.arrival import Arrival
from inbox.app.board import why
from inbox.app.change import Wish, change
from inbox.app.intake import Door, take_message
from inbox.app.opened import Opened
from inbox.app.receive import locks_for, receive
from inbox.app.routing import Current, Routing, save
from inbox.domain.campaign import Campaign, Team
from inbox.domain.ids import CampaignId, TeamId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.lanes import Lane
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.routing import Router
from inbox.domain.rulebook import Conditions, Outcome, Rule, Rulebook
from inbox.domain.ticket import Priority, State, Ticket
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, Take, comment, later


@pytest.fixture
async def team(units: Units) -> Team:
    async with units() as unit:
        return await unit.campaigns.put_team(Team(TeamId(new_id()), "Licht"))


async def campaign_of(units: Units, team: Team) -> Campaign:
    async with units() as unit:
        return await unit.campaigns.add(Campaign(CampaignId(new_id()), "lumi", "Lumi", team_id=team.id))


def rules(*rules: Rule) -> Current:
    return Current(Router.of(Rulebook(rules)))


async def stored(units: Units, ticket: Ticket | None) -> Ticket:
    assert ticket is not None
    async with units.reading() as unit:
        return await unit.tickets.find(ticket.id, EVERYTHING)


async def test_a_message_is_stored_with_all_that_the_rules_decided(
    units: Units, inboxes: dict[str, Inbox], team: Team
) -> None:
    then = Outcome(team.id, ("steuer",), Priority.URGENT, Lane.ANSWER, ("eilig",), 10)
    message = comment("c-1", "Wo ist die Rechnung?")
    rule = Rule("r", "Rechnung", Conditions(words=("rechnung",)), then)
    arrival = Arrival(inboxes["comments"], CAPABILITIES["comments"], message, routing=rules(rule))
    async with units(*locks_for(arrival.inbox, message)) as unit:
        taken = await receive(unit, arrival, now=NOW)
    kept = await stored(units, taken.ticket)

    assert (kept.team_id, kept.skills, kept.priority, kept.tags) == (team.id, ("steuer",), Priority.URGENT, ("eilig",))
    assert kept.due_at == later(2.5)
    assert kept.routed_why is not None
    assert kept.routed_why.text == "Rechnung ('rechnung')"
    assert kept.lane_why is not None
    assert kept.lane_why.facts[0] == {"fact": "rule", "id": "r", "name": "Rechnung"}


async def test_praise_under_an_update_lies_in_thank_until_somebody_asks(units: Units, take: Take) -> None:
    praise = await take("comments", comment("c-1", "Großartig, weiter so!"))
    assert (await stored(units, praise.ticket)).lane is Lane.THANK

    asked = await take("comments", comment("c-2", "Wann geht es los?", at=later(9)), now=later(9))
    waiting = await stored(units, asked.ticket)
    assert (waiting.lane, waiting.waiting_since) == (Lane.ANSWER, later(9))


async def test_a_praise_that_is_edited_into_a_question_waits_for_an_answer(units: Units, take: Take) -> None:
    await take("comments", comment("c-1", "Großartig!"))
    edited = await take("comments", comment("c-1", "Großartig! Aber wann?", version=2, at=later(5)), now=later(5))

    assert (await stored(units, edited.ticket)).lane is Lane.ANSWER


async def test_another_campaign_by_hand_brings_its_team(units: Units, take: Take, team: Team) -> None:
    campaign = await campaign_of(units, team)
    ticket = await stored(units, (await take("comments", comment("c-1"))).ticket)
    current = replace(Current(), campaigns={campaign.id: campaign})
    wish = Wish(ticket.version, fields={"campaign_id": campaign.id}, rules=current)
    async with units() as unit:
        moved = await change(unit, ticket.id, wish, EVERYTHING, live=False, now=NOW)

    assert moved.team_id == team.id


async def test_what_is_given_back_is_routed_by_the_rules_of_now(units: Units, take: Take, aylin: Manager) -> None:
    ticket = await stored(units, (await take("comments", comment("c-1"))).ticket)
    now_tagged = rules(Rule("new", "New", then=Outcome(skills=("law",))))
    async with units() as unit:
        await assign.claim(unit, ticket.id, aylin.id, EVERYTHING, now=NOW)
    async with units() as unit:
        await assign.release(unit, ticket.id, EVERYTHING, by=aylin.id, rules=now_tagged, now=NOW)
    freed = await stored(units, ticket)
    async with units.reading() as unit:
        said = await why(unit, ticket.id, EVERYTHING, now=NOW)

    assert (freed.assignee_id, freed.skills) == (None, ("law",))
    assert said["routed"]["facts"][0]["gave"] == {"skills": ["law"]}
    assert said["lane"]["facts"] == [{"fact": "asks", "sign": "?"}]


async def test_what_a_person_set_is_known_as_theirs(units: Units, take: Take) -> None:
    ticket = await stored(units, (await take("comments", comment("c-1"))).ticket)
    wish = Wish(ticket.version, fields={"priority": Priority.HIGH, "subject": "x"})
    async with units() as unit:
        changed = await change(unit, ticket.id, wish, EVERYTHING, live=False, now=NOW)

    assert changed.by_hand == ("priority",)


async def test_putting_a_question_aside_by_mistake_and_back_keeps_since_when_it_waits(units: Units, take: Take) -> None:
    ticket = await stored(units, (await take("comments", comment("c-1"))).ticket)
    aside = {"lane": Lane.NOTHING, "lane_by": "manager"}
    async with units() as unit:
        away = await change(
            unit, ticket.id, Wish(ticket.version, State.SOLVED, fields=aside), EVERYTHING, live=False, now=later(1)
        )
        back = await change(
            unit,
            ticket.id,
            Wish(away.version, State.OPEN, fields={"lane": Lane.ANSWER}),
            EVERYTHING,
            live=False,
            now=later(2),
        )

    assert (away.due_at, back.waiting_since, back.due_at) == (None, ticket.waiting_since, ticket.due_at)


async def test_a_process_takes_the_rules_that_another_saved(units: Units) -> None:
    here = Routing()
    await here.refresh(units)
    async with units() as unit:
        await save(unit, Rulebook((Rule("r", "R"),)), version=0, note="", by=None, now=NOW)
    assert here.current.version == 0

    await here.refresh(units)
    assert (here.current.version, [rule.id for rule in here.current.router.rules]) == (1, ["r"])


async def test_what_comes_in_asks_the_rules_that_the_process_holds(units: Units, inboxes: dict[str, Inbox]) -> None:
    nothing: Any = None
    channel: Any = SimpleNamespace(capabilities=CAPABILITIES["comments"])
    door = Door(units, nothing, nothing, lambda: NOW)
    door.routing.current = rules(Rule("r", "R", then=Outcome(tags=("seen",))))
    taken = await take_message(door, Opened(inboxes["comments"], channel, channel), comment("c-1"))

    assert (await stored(units, taken.ticket)).tags == ("seen",)
