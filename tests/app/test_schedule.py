"""Answers that leave later: at their time, once, not if somebody was quicker, and nobody is answered before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inbox.app.reply import Draft, reply
from inbox.app.schedule import LONGEST, Wish, release_due, reschedule, send_now
from inbox.app.timers import fire_due
from inbox.channel.model import Received
from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State
from inbox.errors import Invalid, NotFound, TransitionRefused
from tests.app.conftest import NOW, Take, later
from tests.app.test_withdraw import GRETA, Work, work

__all__ = ["work"]  # the fixture

AT = later(60)


async def plan(
    work: Work, text: str = "Im Mai.", *, at: datetime = AT, unless: bool = False, solve: bool = False
) -> Message:
    draft = Draft(text, last_seen=99, send_at=at, unless_answered=unless, solve=solve)
    async with work.units() as unit:
        return (await reply(unit, work.desk, work.ticket.id, draft, work.opened, now=work.clock()))[1]


async def at(work: Work, moment: datetime) -> list[str]:
    """Let it be this time, and return everything that has left by then."""
    work.clock.advance(moment - work.clock())
    await release_due(work.units, work.inboxes, work.desk.blobs, work.clock)
    await fire_due(work.units, now=work.clock())
    return await work.deliver()


async def writes(take: Take, text: str = "Und die Birne?", **more: object) -> None:
    said = Received("<2@x>", GRETA, later(3), text, references=("<1@x>",), **more)  # type: ignore[arg-type]  # a builder
    await take("email", said, now=later(3))


async def test_a_scheduled_answer_leaves_at_its_time_and_is_said_then(work: Work) -> None:
    planned = await plan(work)
    assert (planned.delivery, planned.send_at) == (Delivery.SCHEDULED, AT)
    assert await at(work, AT - timedelta(seconds=1)) == []

    assert await at(work, AT) == ["Im Mai."]
    left = await work.message(planned)
    assert (left.delivery, left.at) == (Delivery.SENT, AT)
    assert await at(work, AT + timedelta(days=3)) == ["Im Mai."]


async def test_the_ticket_sleeps_until_then_and_is_answered_only_then(work: Work) -> None:
    await plan(work, solve=True)
    asleep = await work.now()
    assert (asleep.state, asleep.snoozed_until, asleep.last_line) == (State.SNOOZED, AT, "Wann kommt die Lampe?")

    await at(work, AT)
    assert (await work.now()).state is State.SOLVED
    await fire_due(work.units, now=AT + timedelta(hours=1))
    assert (await work.now()).state is State.SOLVED


async def test_a_ticket_that_waits_for_nobody_stays_as_it_is(work: Work) -> None:
    await work.reply("Kommt.")
    await plan(work, "Ist sie da?", unless=True)

    assert (await work.now()).state is State.WAITING


async def test_a_later_answer_does_not_wait_for_a_scheduled_one(work: Work) -> None:
    planned = await plan(work)
    await work.reply("Moment.")
    assert await work.deliver(after=timedelta(minutes=1)) == ["Moment."]

    assert await at(work, AT) == ["Moment.", "Im Mai."]
    assert (await work.message(planned)).seq == 4  # it stands where it was said
    assert (await work.now()).last_seq == 4
    assert await work.places() == [1, 2, 3, 4]  # a line stands where it was planned


@pytest.mark.parametrize("by", ["contact", "colleague"])
async def test_one_that_nobody_needs_any_more_stays_here(work: Work, take: Take, by: str) -> None:
    planned = await plan(work, unless=True)
    if by == "contact":
        await writes(take)
    else:
        await work.reply("Kommt im Juni.")
        await work.deliver(after=timedelta(minutes=1))
    before = await work.now()

    left = await at(work, AT)
    stays = await work.message(planned)
    assert "Im Mai." not in left
    assert (stays.delivery, stays.text) == (Delivery.WITHDRAWN, "Im Mai.")
    assert stays.error
    assert (await work.now()).state is before.state


async def test_a_machine_answers_for_nobody(work: Work, take: Take) -> None:
    await plan(work, unless=True)
    await writes(take, "Back in May.", wants_answer=False, meta={"automatic": "reply"})

    assert await at(work, AT) == ["Im Mai."]


async def test_who_spoke_meanwhile_still_waits_for_an_answer_to_that(work: Work, take: Take) -> None:
    await plan(work, solve=True)
    await writes(take)
    assert (await work.now()).state is State.OPEN

    assert await at(work, AT) == ["Im Mai."]
    assert ((await work.now()).state, (await work.now()).waiting_since) == (State.OPEN, later(3))


async def test_it_can_be_sent_now_or_at_another_time(work: Work) -> None:
    first, second = await plan(work), await plan(work, "Zwei")
    async with work.units() as unit:
        await reschedule(unit, work.desk.access, work.ticket.id, first.id, Wish(later(90)), now=work.clock())
        await send_now(unit, work.desk, work.opened, work.ticket.id, second.id, now=work.clock())

    assert await work.deliver() == ["Zwei"]
    assert await at(work, AT) == ["Zwei"]
    assert await at(work, later(90)) == ["Zwei", "Im Mai."]


async def test_the_ticket_sleeps_till_the_new_time(work: Work) -> None:
    planned = await plan(work)
    async with work.units() as unit:
        await reschedule(unit, work.desk.access, work.ticket.id, planned.id, Wish(later(600)), now=work.clock())

    await fire_due(work.units, now=AT + timedelta(hours=1))
    assert ((await work.now()).state, (await work.now()).snoozed_until) == (State.SNOOZED, later(600))


async def test_one_that_is_taken_back_leaves_the_ticket_as_it_was(work: Work) -> None:
    before = await work.now()
    await work.withdraw(await plan(work))

    after = await work.now()
    assert (after.state, after.waiting_since, after.due_at) == (State.OPEN, before.waiting_since, before.due_at)
    assert await at(work, AT) == []


async def test_a_ticket_whose_answer_cannot_leave_is_open_again(work: Work) -> None:
    planned = await plan(work)
    work.inboxes.opened = replace(work.opened, inbox=replace(work.opened.inbox, active=False))

    assert await at(work, AT) == []
    assert ((await work.now()).state, (await work.now()).waiting_since) == (State.OPEN, NOW)
    assert (await work.message(planned)).error == "This inbox is switched off."


@pytest.mark.parametrize("moment", [NOW, NOW + LONGEST + timedelta(days=1)])
async def test_the_past_and_the_far_future_are_no_times(work: Work, moment: datetime) -> None:
    with pytest.raises(Invalid):
        await plan(work, at=moment)


async def test_what_waits_for_no_time_cannot_be_moved(work: Work) -> None:
    message = await work.reply()
    with pytest.raises(TransitionRefused):
        async with work.units() as unit:
            await reschedule(unit, work.desk.access, work.ticket.id, message.id, Wish(AT), now=NOW)
    with pytest.raises(NotFound):
        async with work.units() as unit:
            await send_now(unit, work.desk, work.opened, work.ticket.id, work.desk.manager.id, now=NOW)  # type: ignore[arg-type]  # nobody's
