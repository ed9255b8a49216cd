"""What was recorded of a period: who began to wait, who was there, who answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.domain.ids import ManagerId, MessageId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.lanes import Lane
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from inbox.domain.message import Direction, Kind
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import Unit, Units
from tests.store.conftest import NOW, later, new_message, new_ticket


@pytest.fixture
async def jonas(units: Units) -> Manager:
    async with units() as unit:
        person = Manager(ManagerId(new_id()), "jonas@mitmachwerk.example", "Jonas", Role.MANAGER, access=EVERYTHING)
        return await unit.managers.add(person)


async def said(
    unit: Unit,
    ticket: Ticket,
    seq: int,
    at: float,
    *,
    by: Manager | None = None,
    note: bool = False,
    subject: str | None = None,
) -> None:
    direction = Direction.INTERNAL if note else Direction.OUTBOUND if by else Direction.INBOUND
    message = new_message(ticket, seq, f"word {seq}", key=MessageId(new_id()))
    told = replace(message, direction=direction, at=later(at), manager_id=by.id if by else None, subject=subject)
    await unit.messages.add(replace(told, kind=Kind.NOTE if note else Kind.MESSAGE))


async def test_only_the_first_word_after_ours_begins_a_wait(units: Units, inbox: Inbox, jonas: Manager) -> None:
    async with units() as unit:
        ticket = await new_ticket(unit, inbox, subject="The lamp")
        await said(unit, ticket, 1, 1, subject="The lamp")
        await said(unit, ticket, 2, 2, by=jonas, note=True)
        await said(unit, ticket, 3, 3)
        await said(unit, ticket, 4, 10, by=jonas)
        await said(unit, ticket, 5, 20)

    async with units.reading() as unit:
        found = await unit.records.spoken(NOW, later(60), limit=10)

    assert [(each.seq, each.at, each.answered_at) for each in found] == [(1, later(1), later(10)), (5, later(20), None)]
    assert (found[0].subject, found[0].text) == ("The lamp", "word 1")


async def test_a_period_has_what_was_said_in_it_and_no_more_than_asked_for(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        for at in (-5, 5, 15, 65):
            ticket = await new_ticket(unit, inbox, updated_at=later(at))
            await said(unit, ticket, 1, at)

    async with units.reading() as unit:
        assert [one.at for one in await unit.records.spoken(NOW, later(60), limit=10)] == [later(5), later(15)]
        assert [one.at for one in await unit.records.spoken(NOW, later(60), limit=1)] == [later(5)]


async def test_a_lane_counts_as_set_only_where_a_person_set_it(units: Units, inbox: Inbox) -> None:
    async with units() as unit:
        for by in (None, "rule", "manager"):
            ticket = await new_ticket(unit, inbox, lane=Lane.THANK, lane_by=by)
            await said(unit, ticket, 1, 1)

    async with units.reading() as unit:
        lanes = [one.lane for one in await unit.records.spoken(NOW, later(60), limit=10)]

    assert lanes.count("thank") == 1


async def test_attendance_begins_with_how_everybody_stood_before(units: Units, jonas: Manager) -> None:
    changes = [(-90, "away"), (-60, "online"), (10, "busy"), (70, "offline")]
    async with units.session() as session:
        for at, availability in changes:
            await session.driver.execute(
                "insert into attendance values ($1, $2, $3, $4)", new_id(), jonas.id, later(at), availability
            )

    async with units.reading() as unit:
        found = await unit.records.attended(NOW, later(60))

    assert [(one.at, one.availability) for one in found] == [
        (later(-60), Availability.ONLINE),
        (later(10), Availability.BUSY),
    ]


async def test_answers_are_told_with_who_gave_them(units: Units, inbox: Inbox, jonas: Manager) -> None:
    async with units() as unit:
        ticket = await new_ticket(unit, inbox)
        await said(unit, ticket, 1, 1)
        await said(unit, ticket, 2, 4, by=jonas)

    async with units.reading() as unit:
        answers = await unit.records.answers(NOW, later(60), limit=10)

    assert [(one.manager_id, one.channel, one.at) for one in answers] == [(jonas.id, "email", later(4))]
