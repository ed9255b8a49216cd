"""What stands beside an offer: more time for whoever needs it, the list of one's offers, and who may take a ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inbox.app import offers
from inbox.app.board import why
from inbox.app.hands import Change, put
from inbox.app.queries import TicketQuery, View
from inbox.domain.assignment import How
from inbox.domain.ids import ManagerId, TicketId, new_id
from inbox.domain.manager import EVERYTHING, Access, Manager, Role
from inbox.errors import Conflict
from inbox.store.unit_of_work import Units
from tests.app.conftest import NOW, Take, comment, later

_FOR = timedelta(seconds=30)


@pytest.fixture
async def offered(units: Units, take: Take, aylin: Manager) -> TicketId:
    """A ticket that Aylin is offered for thirty seconds."""
    taken = await take("comments", comment("c-1"))
    assert taken.ticket is not None
    async with units() as unit:
        ticket = await unit.tickets.hold(taken.ticket.id, EVERYTHING)
        offer = replace(ticket, assignee_id=None, offered_to=aylin.id, offered_until=NOW + _FOR)
        await put(unit, Change(offer, aylin.id, How.OFFERED), now=NOW)
    return taken.ticket.id


async def test_an_offer_stands_once_more_for_its_whole_time(units: Units, offered: TicketId, aylin: Manager) -> None:
    async with units() as unit:
        ticket = await offers.extend(unit, offered, aylin.id, EVERYTHING, now=later(0.4))

    assert ticket.offered_until == later(0.4) + _FOR
    assert ticket.offered_to == aylin.id


async def test_an_offer_is_not_extended_twice(units: Units, offered: TicketId, aylin: Manager) -> None:
    async with units() as unit:
        await offers.extend(unit, offered, aylin.id, EVERYTHING, now=later(0.4))

    with pytest.raises(Conflict):
        async with units() as unit:
            await offers.extend(unit, offered, aylin.id, EVERYTHING, now=later(0.6))


async def test_nobody_extends_the_offer_of_somebody_else(units: Units, offered: TicketId) -> None:
    with pytest.raises(Conflict):
        async with units() as unit:
            await offers.extend(unit, offered, ManagerId(new_id()), EVERYTHING, now=later(0.4))


async def test_ones_offers_are_a_list_of_their_own(units: Units, offered: TicketId, aylin: Manager) -> None:
    async with units.reading() as unit:
        mine = await unit.tickets.page(TicketQuery(access=EVERYTHING, me=aylin.id, view=View.OFFERED))
        others = await unit.tickets.page(TicketQuery(access=EVERYTHING, me=ManagerId(new_id()), view=View.OFFERED))

    assert [ticket.id for ticket in mine.items] == [offered]
    assert others.items == ()


async def test_it_is_said_of_everybody_what_keeps_them_from_a_ticket(
    units: Units, offered: TicketId, aylin: Manager
) -> None:
    blind = Manager(ManagerId(new_id()), "blind@crowd.example", "Ben", Role.MANAGER, access=Access())
    async with units() as unit:
        await unit.managers.add(replace(blind, availability=aylin.availability))
        said = await why(unit, offered, EVERYTHING, now=NOW)

    refusals = {entry["manager_id"]: entry["refusal"] for entry in said["managers"]}
    assert refusals == {str(aylin.id): None, str(blind.id): "not_permitted"}
