"""Answers that can still be taken back: nothing of them leaves, and the ticket is as if they had not been written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from inbox.app.change import Wish, change
from inbox.app.deliver import deliver_due
from inbox.app.opened import Opened
from inbox.app.reply import Desk, Draft, reply
from inbox.app.timers import fire_due
from inbox.app.withdraw import withdraw
from inbox.blobs import BlobStore
from inbox.channel.model import File, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import ManagerId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State, Ticket
from inbox.errors import DeliveryDelayed, NotFound, TransitionRefused
from inbox.keeper import BlobKeeper
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock
from tests.app.conftest import CAPABILITIES, NOW, Take, later
from tests.app.far_end import FarEnd, OneInbox

GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
HOLD = timedelta(seconds=10)


@dataclass(slots=True)
class Work:
    """A manager, a ticket in an inbox whose answers are held, and the clock."""

    units: Units
    desk: Desk
    blobs: BlobStore
    far_end: FarEnd
    inboxes: OneInbox
    clock: FixedClock
    ticket: Ticket

    @property
    def opened(self) -> Opened:
        return self.inboxes.opened

    async def reply(self, text: str = "Im Mai.", *, solve: bool = False, uploads: tuple[UUID, ...] = ()) -> Message:
        draft = Draft(text, last_seen=99, solve=solve, uploads=uploads)
        async with self.units() as unit:
            return (await reply(unit, self.desk, self.ticket.id, draft, self.opened, now=self.clock()))[1]

    async def withdraw(self, message: Message) -> Message:
        async with self.units() as unit:
            return await withdraw(unit, self.desk, self.ticket.id, message.id, now=self.clock())

    async def deliver(self, *, after: timedelta = timedelta(0)) -> list[str]:
        """Deliver after a while; return everything that the far end has been sent so far."""
        self.clock.advance(after)
        await deliver_due(self.units, self.inboxes, self.desk.blobs, self.clock)
        return [message.text for message in self.far_end.sent]

    async def places(self) -> list[int]:
        async with self.units.reading() as unit:
            return [message.seq for message in await unit.messages.since(self.ticket.id, 0)]

    async def now(self) -> Ticket:
        async with self.units.reading() as unit:
            return await unit.tickets.find(self.ticket.id, EVERYTHING)

    async def message(self, message: Message) -> Message:
        async with self.units.reading() as unit:
            return await unit.messages.find(self.ticket.id, message.id)

    async def move(self, to: State, *, until: float | None = None) -> None:
        async with self.units() as unit:
            wish = Wish((await self.now()).version, to, later(until) if until is not None else None)
            await change(unit, self.ticket.id, wish, EVERYTHING, live=False, now=self.clock())


@pytest.fixture
async def work(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Work:
    taken = await take("email", Received("<1@x>", GRETA, NOW, "Wann kommt die Lampe?"))
    assert taken.ticket is not None
    far_end = FarEnd(replace(CAPABILITIES["email"], recall=True, schedules=True, attachments=True))
    at_hand = OneInbox(inboxes["email"], far_end)
    at_hand.opened = replace(at_hand.opened, hold=HOLD)
    blobs = BlobStore(tmp_path)
    blobs.prepare()
    desk = Desk(aylin, EVERYTHING, blobs)
    return Work(units, desk, blobs, far_end, at_hand, FixedClock(NOW + timedelta(minutes=1)), taken.ticket)


async def test_an_answer_leaves_when_its_ten_seconds_are_over_and_not_before(work: Work) -> None:
    message = await work.reply()

    assert (message.delivery, message.send_at) == (Delivery.QUEUED, work.clock() + HOLD)
    assert await work.deliver(after=HOLD - timedelta(seconds=1)) == []
    assert await work.deliver(after=timedelta(seconds=1)) == ["Im Mai."]


async def test_what_is_taken_back_never_leaves(work: Work) -> None:
    back = await work.withdraw(await work.reply())

    assert (back.delivery, back.text) == (Delivery.WITHDRAWN, "Im Mai.")
    assert await work.deliver(after=timedelta(hours=1)) == []
    assert (await work.message(back)).delivery is Delivery.WITHDRAWN


@pytest.mark.parametrize("solve", [False, True])
async def test_the_ticket_is_what_it_was_before_the_answer(work: Work, solve: bool) -> None:
    before = await work.now()
    message = await work.reply(solve=solve)
    assert (await work.now()).state is (State.SOLVED if solve else State.WAITING)

    await work.withdraw(message)
    after = await work.now()
    assert (after.state, after.waiting_since, after.due_at) == (before.state, before.waiting_since, before.due_at)
    assert (after.last_line, after.last_direction) == (before.last_line, before.last_direction)
    await fire_due(work.units, now=NOW + timedelta(days=30))
    assert (await work.now()).state is State.OPEN


async def test_a_snoozed_ticket_sleeps_again_and_wakes_at_its_time(work: Work) -> None:
    await work.move(State.SNOOZED, until=60)

    await work.withdraw(await work.reply())
    assert (await work.now()).snoozed_until == later(60)
    await fire_due(work.units, now=later(61))
    assert (await work.now()).state is State.OPEN


async def test_who_spoke_meanwhile_still_waits_since_their_first_unanswered_word(work: Work, take: Take) -> None:
    message = await work.reply()
    await take("email", Received("<2@x>", GRETA, later(3), "Und die Birne?", references=("<1@x>",)), now=later(3))
    assert (await work.now()).waiting_since == later(3)

    await work.withdraw(message)
    after = await work.now()
    assert (after.state, after.waiting_since, after.last_line) == (State.OPEN, NOW, "Und die Birne?")


async def test_a_ticket_that_a_person_moved_on_stays_where_they_put_it(work: Work) -> None:
    message = await work.reply()
    await work.move(State.SNOOZED, until=60)

    await work.withdraw(message)
    assert (await work.now()).state is State.SNOOZED


async def test_what_has_left_cannot_be_taken_back(work: Work) -> None:
    message = await work.reply()
    await work.deliver(after=HOLD)

    with pytest.raises(TransitionRefused, match="sent"):
        await work.withdraw(message)
    with pytest.raises(TransitionRefused, match="wrote"):
        await work.withdraw(await _first(work))


async def test_what_is_being_sent_cannot_be_taken_back(work: Work) -> None:
    message = await work.reply()
    work.far_end.answers.append(None)  # never an answer
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(work.deliver(after=HOLD))
        await work.far_end.reached.wait()

        with pytest.raises(TransitionRefused, match="sending"):
            await work.withdraw(message)
        sending.cancel()


async def test_what_the_far_end_surely_has_not_can_be_taken_back_too(work: Work) -> None:
    message = await work.reply()
    work.far_end.answers.append(DeliveryDelayed("busy"))
    await work.deliver(after=HOLD)

    await work.withdraw(message)
    assert await work.deliver(after=timedelta(days=1)) == ["Im Mai."]  # the one try that was put off


async def test_an_answer_that_a_worker_has_leased_and_not_marked_yet_stays_here(work: Work) -> None:
    message = await work.reply()
    work.clock.advance(HOLD)
    async with work.units() as unit:
        (row,) = await unit.outbox.lease(now=work.clock(), limit=1, lasts=timedelta(seconds=30))
        assert row.message_id == message.id

    await work.withdraw(message)
    assert await work.deliver(after=timedelta(hours=1)) == []


async def test_its_files_are_the_writers_again_and_go_with_the_next_answer(work: Work) -> None:
    file = await BlobKeeper(work.blobs).keep(File("plan.txt", b"ok"))
    async with work.units() as unit:
        await unit.messages.add_upload(file, work.desk.manager.id)
    back = await work.withdraw(await work.reply(uploads=(file.id,)))
    assert [attachment.id for attachment in back.attachments] == [file.id]

    await work.reply("Im Juni.", uploads=(file.id,))
    await work.deliver(after=HOLD)
    assert [(sent.text, [f.name for f in sent.files]) for sent in work.far_end.sent] == [("Im Juni.", ["plan.txt"])]


async def test_a_colleagues_answer_that_was_taken_back_holds_up_nobody(work: Work) -> None:
    await work.withdraw(await work.reply())
    async with work.units() as unit:
        berit = replace(work.desk.manager, id=ManagerId(new_id()), email="berit@mitmachwerk.example")
        other = await unit.managers.add(berit)
        desk = Desk(other, EVERYTHING, work.desk.blobs)
        _, message = await reply(unit, desk, work.ticket.id, Draft("Juni.", last_seen=1), work.opened, now=work.clock())

    assert message.seq == 3


async def test_nobody_takes_back_what_they_may_not_see(work: Work) -> None:
    message = await work.reply()
    work.desk = replace(work.desk, access=replace(EVERYTHING, inboxes=frozenset()))

    with pytest.raises(NotFound):
        await work.withdraw(message)


async def _first(work: Work) -> Message:
    async with work.units.reading() as unit:
        return (await unit.messages.since(work.ticket.id, 0))[0]
