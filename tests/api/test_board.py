"""The load board, reasons and answers to offers over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx2 as httpx
import pytest

from inbox.app.assign import assign_waiting
from inbox.app.presence import set_availability
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import TeamId, TicketId, new_id
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from tests.api.conftest import House
from tests.api.world import build


@pytest.fixture
async def path(house: House) -> str:
    """Where a ticket is that waits for a team that offers; nobody is in it yet."""
    world = await build(house)
    async with house.units() as unit:
        for manager in await unit.managers.all():
            await set_availability(unit, manager, Availability.OFFLINE, now=house.clock())
        team = await unit.campaigns.put_team(Team(TeamId(new_id()), "Offering", mode=Mode.OFFER))
        ticket = await unit.tickets.hold(TicketId(world.id("ticket_id")), EVERYTHING)
        since = house.clock() - timedelta(minutes=1)
        waits = replace(ticket, team_id=team.id, assignee_id=None, waiting_since=since, due_at=since + ticket.target)
        await unit.tickets.save(waits, now=since)
    return f"/api/v1/tickets/{ticket.id}"


async def joined(house: House, name: str, role: Role = Role.MANAGER) -> tuple[Manager, httpx.AsyncClient]:
    """Somebody who is online and in all teams."""
    manager = await house.manager(role, name=name)
    async with house.units() as unit:
        for team in await unit.campaigns.teams():
            await unit.campaigns.put_team(replace(team, members=team.members | {manager.id}))
        await set_availability(unit, manager, Availability.ONLINE, now=house.clock())
    return manager, await house.browser(manager)


async def test_an_offer_is_shown_declined_and_accepted_by_the_next(house: House, path: str) -> None:
    people = {str(manager.id): http for manager, http in [await joined(house, "Mira"), await joined(house, "Nils")]}
    await assign_waiting(house.units, now=house.clock())
    (first,) = [each for each in people if (await people[each].post(f"{path}/decline")).status_code == 200]
    await assign_waiting(house.units, now=house.clock())
    (second,) = people.keys() - {first}

    shown = (await people[second].get(path)).json()
    assert (shown["offered_to"], shown["declined_by"]) == (second, [first])
    assert (await people[first].post(f"{path}/accept")).status_code == 409
    accepted = await people[second].post(f"{path}/accept")
    assert (accepted.json()["assignee_id"], accepted.json()["offered_to"]) == (second, None)
    said = (await people[second].get(f"{path}/why")).json()
    assert [line["how"] for line in said["history"]] == ["offered", "declined", "offered", "accepted"]
    assert said["assigned"] == accepted.json()["assigned_why"]


async def test_why_a_ticket_waits_is_told_to_whoever_may_see_it(house: House, path: str) -> None:
    _, http = await joined(house, "Mira")
    async with house.units() as unit:
        for team in await unit.campaigns.teams():
            await unit.campaigns.put_team(replace(team, members=frozenset()))
    await assign_waiting(house.units, now=house.clock())

    waiting = (await http.get(f"{path}/why")).json()["waiting"]
    assert {"fact": "refused", "why": "other_team", "count": 1} in waiting["facts"]
    assert "1 in other teams" in waiting["text"]


async def test_the_board_is_for_leads_and_shows_what_is_offered_as_held(house: House, path: str) -> None:
    me, http = await joined(house, "Mira", Role.LEAD)
    _, plain = await joined(house, "Nils")
    async with house.units() as unit:
        for team in await unit.campaigns.teams():
            await unit.campaigns.put_team(replace(team, members=frozenset({me.id})))
    before = (await http.get("/api/v1/board")).json()
    await assign_waiting(house.units, now=house.clock())
    after = (await http.get("/api/v1/board")).json()

    assert (await plain.get("/api/v1/board")).status_code == 403
    assert [(cell["channel"], cell["count"]) for cell in before["waiting"]] == [("comments", 1)]
    mine = next(each for each in after["managers"] if each["id"] == str(me.id))
    assert (mine["load"], [held["offered"] for held in mine["tickets"]]) == (10, [True])
