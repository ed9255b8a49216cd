"""The demo's past: the same for a seed, believable, and told once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from inbox.demo.seeding import DAYS, fill
from inbox.domain.message import Kind
from inbox.domain.ticket import State, Ticket
from tests.demo.conftest import NOW, NewStage, Stage


def told(ticket: Ticket) -> tuple[object, ...]:
    """Return what a newcomer sees of a ticket."""
    return (
        ticket.number,
        ticket.channel,
        ticket.state,
        ticket.subject,
        ticket.contact_name,
        ticket.last_line,
        ticket.last_seq,
        ticket.tags,
        ticket.waiting_since,
        ticket.created_at,
    )


async def past(new_stage: NewStage, seed: int) -> list[tuple[object, ...]]:
    async with new_stage() as stage:
        await stage.fill(seed)
        return [told(ticket) for ticket in await stage.tickets()]


async def test_a_seed_always_tells_the_same_past_and_another_one_another(new_stage: NewStage) -> None:
    once = await past(new_stage, 1)

    assert await past(new_stage, 1) == once
    assert await past(new_stage, 2) != once


async def test_the_past_has_everything_in_it_and_is_not_all_new(new_stage: NewStage) -> None:
    async with new_stage() as stage:
        await stage.fill(past=DAYS)
        tickets = await stage.tickets()
        await a_believable_past(stage, tickets)

    states = Counter(ticket.state for ticket in tickets)
    assert {ticket.channel for ticket in tickets} == {"chat", "comments", "email", "telephony"}
    assert {ticket.language for ticket in tickets} >= {"de", "en", "fr"}
    assert {State.OPEN, State.WAITING, State.SNOOZED, State.SOLVED} <= states.keys()
    assert 15 <= states[State.OPEN] <= 60
    waits = [NOW - ticket.waiting_since for ticket in tickets if ticket.state is State.OPEN and ticket.waiting_since]
    assert min(waits) < timedelta(hours=1)
    assert timedelta(hours=6) < max(waits) <= DAYS
    assert {ticket.assignee_id is None for ticket in tickets if ticket.state is State.OPEN} == {True, False}


async def a_believable_past(stage: Stage, tickets: list[Ticket]) -> None:
    """Check what stands in another place than the tickets."""
    async with stage.unit() as unit:
        messages = [message for ticket in tickets for message in await unit.messages.since(ticket.id, 0)]
        campaigns = {campaign.id: campaign.key for campaign in await unit.campaigns.all()}
    assert {campaigns[ticket.campaign_id] for ticket in tickets if ticket.campaign_id} == set(campaigns.values())
    assert len(campaigns) == 3
    assert all(message.at <= NOW for message in messages)
    assert any(message.kind is Kind.NOTE for message in messages)
    assert any(message.edited_at for message in messages)


async def test_a_past_told_again_changes_nothing_that_was_said(new_stage: NewStage) -> None:
    async with new_stage() as stage:
        memory = await stage.fill()
        before = {ticket.id: ticket.last_seq for ticket in await stage.tickets()}

        await fill(stage.show.backstage, memory, past=timedelta(hours=12))
        after = await stage.tickets()

    assert {ticket.id for ticket in after} == before.keys()
