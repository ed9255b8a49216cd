"""Whose tickets are given to others, on a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.app.assign import assign_waiting
from inbox.domain.assignment import How
from inbox.domain.campaign import Campaign
from inbox.domain.ids import CampaignId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Access, Manager
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import Units
from tests.store.conftest import NOW, add_manager, later, new_ticket


@pytest.fixture
async def aylin(units: Units) -> Manager:
    async with units() as unit:
        return await add_manager(unit, "aylin")


@pytest.fixture
async def hers(units: Units, inbox: Inbox, aylin: Manager) -> Ticket:
    """A ticket that Aylin was given, in a campaign."""
    async with units() as unit:
        campaign = await unit.campaigns.add(Campaign(CampaignId(new_id()), "p-1", "Solardach"))
        ticket = await new_ticket(unit, inbox, waiting_since=NOW, due_at=later(60), campaign_id=campaign.id)
    await assign_waiting(units, now=NOW)
    async with units.reading() as unit:
        given = await unit.tickets.find(ticket.id, EVERYTHING)
    assert given.assignee_id == aylin.id
    return given


@pytest.mark.parametrize("left", [Access(), Access(inboxes=None, campaigns=frozenset())], ids=["inbox", "campaign"])
async def test_what_its_owner_may_no_longer_see_is_given_to_somebody_else(
    units: Units, aylin: Manager, hers: Ticket, left: Access
) -> None:
    async with units() as unit:
        ben = await add_manager(unit, "ben")
        await unit.managers.save(replace(await unit.managers.find(aylin.id), access=left))
    await assign_waiting(units, now=later(1))

    async with units.reading() as unit:
        ticket = await unit.tickets.find(hers.id, EVERYTHING)
        history = await unit.assignments.history(hers.id)
    assert ticket.assignee_id == ben.id
    assert [line.why.text for line in history if line.how is How.HANDED_OVER and line.why] == [
        "Aylin is without access"
    ]


async def test_what_its_owner_still_sees_stays_theirs(units: Units, inbox: Inbox, aylin: Manager, hers: Ticket) -> None:
    assert hers.campaign_id is not None
    async with units() as unit:
        await add_manager(unit, "ben")
        narrowed = Access(inboxes=frozenset({inbox.id}), campaigns=frozenset({hers.campaign_id}))
        await unit.managers.save(replace(await unit.managers.find(aylin.id), access=narrowed))
    await assign_waiting(units, now=later(1))

    async with units.reading() as unit:
        assert (await unit.tickets.find(hers.id, EVERYTHING)).assignee_id == aylin.id
