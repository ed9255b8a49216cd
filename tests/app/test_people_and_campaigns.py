"""The platform tells of its campaigns and people by its own keys, as often as it likes."""

from __future__ import annotations

import pytest

from inbox.app.campaigns import CampaignWish, put_campaign, put_team
from inbox.app.contacts import put_contact
from inbox.app.routing import Current
from inbox.channel.model import CampaignRef, Received, Sender
from inbox.domain.campaign import Team
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.events import EventType, Position
from inbox.domain.ids import TeamId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.errors import Invalid, StaleVersion
from inbox.store.unit_of_work import Units
from tests.app.conftest import NOW, Take, comment

GRETA = Claim(IdentityKind.EMAIL, "greta@example.org")
USER = Claim(IdentityKind.PLATFORM_USER, "u-17", "crowd.example")


async def events(units: Units, kind: EventType) -> int:
    async with units.reading() as unit:
        found = await unit.stream.read(Position(0, 0, 0), epoch=units.epoch, limit=200)
    return sum(event.type == kind.value for event in found.events)


async def test_a_campaign_takes_the_unsorted_tickets_that_named_it(units: Units, take: Take) -> None:
    named = await take("comments", comment("c-1", campaign=CampaignRef("p-99")))
    other = await take("comments", comment("c-2", thread="t-2", campaign=CampaignRef("p-98")))
    assert named.ticket is not None
    assert other.ticket is not None
    async with units() as unit:
        campaign = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi"}), now=NOW)
    async with units.reading() as unit:
        adopted = await unit.tickets.find(named.ticket.id, EVERYTHING)
        left = await unit.tickets.find(other.ticket.id, EVERYTHING)

    assert (adopted.campaign_id, adopted.campaign_key) == (campaign.id, None)
    assert adopted.version == named.ticket.version + 1
    assert (left.campaign_id, left.campaign_key) == (None, "p-98")
    assert await events(units, EventType.TICKET_CHANGED) == 1


async def test_what_a_new_campaign_takes_goes_to_its_team(units: Units, take: Take) -> None:
    named = await take("comments", comment("c-1", campaign=CampaignRef("p-99")))
    assert named.ticket is not None
    async with units() as unit:
        team = await put_team(unit, Team(TeamId(new_id()), "Licht"))
        await put_campaign(unit, "p-99", CampaignWish({"team_id": team.id}, rules=Current()), now=NOW)
    async with units.reading() as unit:
        adopted = await unit.tickets.find(named.ticket.id, EVERYTHING)

    assert (named.ticket.team_id, adopted.team_id) == (None, team.id)


async def test_what_names_a_known_campaign_belongs_to_it_at_once(units: Units, take: Take) -> None:
    async with units() as unit:
        campaign = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi"}), now=NOW)
    taken = await take("comments", comment("c-1", campaign=CampaignRef("p-99")))

    assert taken.ticket is not None
    assert taken.ticket.campaign_id == campaign.id


async def test_a_campaign_told_twice_is_one_and_changes_only_what_is_named(units: Units) -> None:
    async with units() as unit:
        first = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi", "topics": ("Licht",)}), now=NOW)
        again = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi", "topics": ("Licht",)}), now=NOW)
        renamed = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi 2"}), now=NOW)

    assert again == first
    assert (renamed.id, renamed.name, renamed.topics) == (first.id, "Lumi 2", ("Licht",))
    assert await events(units, EventType.CAMPAIGN_CHANGED) == 2


async def test_a_campaign_changed_since_is_not_overwritten(units: Units) -> None:
    async with units() as unit:
        first = await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi"}), now=NOW)
        await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi 2"}), now=NOW)

    with pytest.raises(StaleVersion):
        async with units() as unit:
            await put_campaign(unit, "p-99", CampaignWish({"name": "Lumi 3"}, version=first.version), now=NOW)


async def test_a_person_told_twice_is_one_and_gains_what_is_new(units: Units) -> None:
    async with units() as unit:
        first = await put_contact(unit, [GRETA], name="Greta", language=None, now=NOW)
        again = await put_contact(unit, [GRETA, USER], name=None, language="de", now=NOW)

    assert (again.id, again.name, again.language) == (first.id, "Greta", "de")
    assert {identity.value for identity in again.identities} == {"greta@example.org", "u-17"}


async def test_a_person_told_of_is_the_one_who_writes_later(units: Units, take: Take) -> None:
    async with units() as unit:
        told = await put_contact(unit, [GRETA], name="Greta", language=None, now=NOW)
    taken = await take("email", Received("<1@x>", Sender((GRETA,), "G."), NOW, "Hallo"))

    assert taken.message is not None
    assert taken.message.contact_id == told.id


async def test_nobody_is_found_or_made_by_a_word_that_nobody_vouches_for(units: Units) -> None:
    unverified = Claim(IdentityKind.EMAIL, "greta@example.org", verified=False)

    with pytest.raises(Invalid):
        async with units() as unit:
            await put_contact(unit, [unverified], name="Greta", language=None, now=NOW)


async def test_two_of_one_name_stay_two(units: Units) -> None:
    async with units() as unit:
        one = await put_contact(unit, [GRETA], name="Greta", language=None, now=NOW)
        other = await put_contact(unit, [USER], name="Greta", language=None, now=NOW)

    assert one.id != other.id
