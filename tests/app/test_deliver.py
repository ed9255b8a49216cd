"""What becomes of an answer on its way out: sent, tried again, given up, or a person's decision."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inbox.app.deliver import LEASE, deliver_due, keep_lease, lease_due
from inbox.app.inboxes import inbox_event
from inbox.app.receive import Outcome
from inbox.app.reply import Desk, Draft, reply, retry
from inbox.blobs import BlobStore
from inbox.channel.model import Receipt, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.deliveries import MAX_TRIES
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State, Ticket
from inbox.errors import (
    ConfigRejected,
    DeliveryDelayed,
    DeliveryFailed,
    DeliveryForbidden,
    DeliveryUncertain,
    FarEndGone,
    TransitionRefused,
)
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock
from tests.app.conftest import CAPABILITIES, NOW, Take
from tests.app.far_end import FarEnd, OneInbox

GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")


@dataclass(slots=True)
class Post:
    """An answer of ours, and everything that it takes to deliver it."""

    units: Units
    desk: Desk
    far_end: FarEnd
    inboxes: OneInbox
    clock: FixedClock
    ticket: Ticket
    message: Message

    async def deliver(self, *, after: timedelta = timedelta(0)) -> Message:
        self.clock.advance(after)
        await deliver_due(self.units, self.inboxes, self.desk.blobs, self.clock)
        return await self.now()

    async def now(self) -> Message:
        async with self.units.reading() as unit:
            self.ticket = await unit.tickets.find(self.ticket.id, EVERYTHING)
            return await unit.messages.find(self.ticket.id, self.message.id)

    async def inbox(self) -> dict[str, Any]:
        """What the last event about the inbox would say of it."""
        async with self.units.reading() as unit:
            shown: dict[str, Any] = inbox_event(await unit.inboxes.find(self.ticket.inbox_id)).data["inbox"]
        return shown

    async def due(self) -> datetime | None:
        async with self.units.reading() as unit:
            return await unit.outbox.next_due()


@pytest.fixture
async def post(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Post:
    taken = await take("email", Received("<1@x>", GRETA, NOW, "Hallo"))
    assert taken.ticket is not None
    far_end = FarEnd(CAPABILITIES["email"])
    opened = OneInbox(inboxes["email"], far_end)
    desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))
    async with units() as unit:
        ticket, message = await reply(
            unit, desk, taken.ticket.id, Draft("Im Mai.", last_seen=1, solve=True), opened.opened, now=NOW
        )
    return Post(units, desk, far_end, opened, FixedClock(NOW), ticket, message)


async def test_an_answer_is_sent_once(post: Post) -> None:
    sent = await post.deliver()
    await post.deliver(after=timedelta(days=1))

    assert sent.delivery is Delivery.SENT
    assert [message.text for message in post.far_end.sent] == ["Im Mai."]
    assert post.ticket.state is State.SOLVED


async def test_what_the_far_end_puts_off_is_tried_again_later_and_not_before(post: Post) -> None:
    post.far_end.answers.append(DeliveryDelayed("busy"))
    delayed = await post.deliver()
    assert (delayed.delivery, delayed.error) == (Delivery.QUEUED, "busy")
    due = await post.due()
    assert due is not None
    assert timedelta(seconds=2.5) <= due - NOW <= timedelta(seconds=5)

    assert (await post.deliver(after=timedelta(seconds=1))).delivery is Delivery.QUEUED
    sent = await post.deliver(after=timedelta(seconds=5))
    assert (sent.delivery, sent.error) == (Delivery.SENT, None)
    assert len(post.far_end.sent) == 2


async def test_the_far_end_says_how_long_to_wait(post: Post) -> None:
    post.far_end.answers.append(DeliveryDelayed("later", retry_after=timedelta(hours=2)))
    await post.deliver()

    assert await post.due() == NOW + timedelta(hours=2)


async def test_wrong_settings_are_not_hammered(post: Post) -> None:
    post.far_end.answers.append(ConfigRejected("wrong password"))
    await post.deliver()

    assert await post.due() == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("fault", [ConfigRejected("wrong password"), DeliveryForbidden("not to this host")])
async def test_an_inbox_that_lets_nothing_out_shows_it_until_something_gets_out(post: Post, fault: Exception) -> None:
    post.far_end.answers.append(fault)
    await post.deliver()
    failing = await post.inbox()
    async with post.units() as unit:
        await unit.inboxes.set_health(post.ticket.inbox_id, "ok", None, now=NOW)  # fetching goes on
    still = await post.inbox()
    if isinstance(fault, DeliveryForbidden):
        async with post.units() as unit:
            await retry(unit, EVERYTHING, post.ticket.id, post.message.id, now=NOW)
    await post.deliver(after=timedelta(minutes=5))
    well = await post.inbox()

    assert (failing["health"], failing["health_note"]) == ("failing", str(fault))
    assert (still["health"], still["health_note"]) == ("failing", str(fault))
    assert (well["health"], well["health_note"]) == ("ok", None)


async def test_a_far_end_that_stays_away_is_an_outage_and_a_hiccup_is_none(post: Post) -> None:
    post.far_end.answers.extend([FarEndGone("no answer")] * 3)
    shown = []
    for _ in range(4):
        await post.deliver(after=timedelta(minutes=1))
        shown.append((await post.inbox())["down"])

    assert shown[:2] == [None, None]
    assert (shown[2]["receiving"], shown[2]["sending"]) == (None, "no answer")
    assert shown[3] is None


async def test_what_only_its_recipient_refuses_is_no_fault_of_the_inbox(post: Post) -> None:
    post.far_end.answers.append(DeliveryFailed("no such user"))
    await post.deliver()

    assert (await post.inbox())["health"] == "unknown"


async def test_after_the_last_try_it_failed_where_a_person_sees_it(post: Post) -> None:
    post.far_end.answers.extend(DeliveryDelayed("busy") for _ in range(50))
    message = post.message
    for _ in range(MAX_TRIES):
        message = await post.deliver(after=timedelta(hours=5))
    await post.deliver(after=timedelta(days=9))

    assert (message.delivery, message.error) == (Delivery.FAILED, "busy")
    assert len(post.far_end.sent) == MAX_TRIES
    assert (post.ticket.state, post.ticket.waiting_since is not None) == (State.OPEN, True)


async def test_what_will_never_arrive_is_not_tried_again(post: Post) -> None:
    post.far_end.answers.append(DeliveryFailed("no such user"))
    failed = await post.deliver()
    await post.deliver(after=timedelta(days=1))

    assert failed.delivery is Delivery.FAILED
    assert len(post.far_end.sent) == 1
    assert post.ticket.state is State.OPEN


@pytest.mark.parametrize("fault", [DeliveryUncertain("no answer"), TypeError("a bug of the channel")])
async def test_what_may_have_arrived_is_never_sent_again_by_itself(post: Post, fault: Exception) -> None:
    post.far_end.answers.append(fault)
    uncertain = await post.deliver()
    await post.deliver(after=timedelta(days=1))

    assert uncertain.delivery is Delivery.UNCERTAIN
    assert len(post.far_end.sent) == 1
    assert post.ticket.state is State.OPEN


async def test_a_person_may_send_it_again(post: Post) -> None:
    post.far_end.answers.append(DeliveryUncertain("no answer"))
    await post.deliver()
    async with post.units() as unit:
        await retry(unit, EVERYTHING, post.ticket.id, post.message.id, now=NOW)
    assert (await post.deliver()).delivery is Delivery.SENT

    with pytest.raises(TransitionRefused):
        async with post.units() as unit:
            await retry(unit, EVERYTHING, post.ticket.id, post.message.id, now=NOW)


async def crash_while_sending(post: Post) -> None:
    post.far_end.answers.append(None)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(deliver_due(post.units, post.inboxes, post.desk.blobs, post.clock))
        await post.far_end.reached.wait()
        task.cancel()
    assert (await post.now()).delivery is Delivery.SENDING


async def test_a_crash_while_sending_leaves_a_doubt_that_a_person_decides(post: Post) -> None:
    await crash_while_sending(post)
    assert (await post.deliver(after=LEASE / 2)).delivery is Delivery.SENDING
    after = await post.deliver(after=LEASE)

    assert after.delivery is Delivery.UNCERTAIN
    assert "nobody knows whether it arrived" in (after.error or "")
    assert len(post.far_end.sent) == 1


async def test_an_answer_that_takes_long_to_send_stays_with_its_worker(post: Post) -> None:
    (row,) = await lease_due(post.units, limit=1, now=NOW)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_lease(post.units, row, post.clock, every=0.001))
        for _ in range(10):
            post.clock.advance(LEASE / 2)
            await _until_due(post, post.clock() + LEASE)
            assert await lease_due(post.units, limit=1, now=post.clock()) == []
        keeping.cancel()


async def _until_due(post: Post, moment: datetime) -> None:
    async with asyncio.timeout(5):
        while await post.due() != moment:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.001)


async def test_a_far_end_that_knows_a_repeated_message_is_sent_it_again_after_a_crash(post: Post) -> None:
    safe = replace(post.far_end.capabilities, resend_safe=True)
    post.inboxes.opened.channel.capabilities = safe  # type: ignore[misc]  # a test's channel
    await crash_while_sending(post)
    after = await post.deliver(after=LEASE * 2)

    assert after.delivery is Delivery.SENT
    assert len(post.far_end.sent) == 2


async def test_a_zombie_that_comes_back_with_a_result_changes_nothing(post: Post) -> None:
    post.far_end.answers.append(None)
    async with asyncio.TaskGroup() as group:
        zombie = group.create_task(deliver_due(post.units, post.inboxes, post.desk.blobs, post.clock))
        await post.far_end.reached.wait()
        decided = await post.deliver(after=LEASE * 2)
        zombie.cancel()

    assert decided.delivery is Delivery.UNCERTAIN
    assert (await post.now()) == decided


async def test_what_came_back_to_us_is_delivered_and_not_sent_again(post: Post, take: Take) -> None:
    post.far_end.answers.append(DeliveryDelayed("the answer was lost"))
    await post.deliver()
    await take("email", Received("<own@x>", GRETA, NOW, "Im Mai.", echo_of=post.message.id))
    after = await post.deliver(after=timedelta(hours=1))

    assert (after.delivery, after.external_id) == (Delivery.DELIVERED, "<own@x>")
    assert len(post.far_end.sent) == 1
    assert await post.due() is None


async def test_a_copy_of_a_failed_message_makes_it_no_delivered_one(post: Post, take: Take) -> None:
    post.far_end.answers.append(DeliveryFailed("550 no such user"))
    await post.deliver()
    copy = Received("<own@x>", GRETA, NOW, "Im Mai.", echo_of=post.message.id, echo_arrived=False)
    taken = await take("email", copy)

    assert taken.outcome is Outcome.ECHO
    assert (await post.deliver()).delivery is Delivery.FAILED


async def test_a_copy_of_a_failed_message_keeps_it_not_from_being_sent_again(post: Post, take: Take) -> None:
    post.far_end.answers.append(DeliveryFailed("550 no such user"))
    await post.deliver()
    async with post.units() as unit:
        await retry(unit, EVERYTHING, post.ticket.id, post.message.id, now=NOW)
    await take("email", Received("<own@x>", GRETA, NOW, "Im Mai.", echo_of=post.message.id, echo_arrived=False))
    after = await post.deliver()

    assert after.delivery is Delivery.SENT
    assert len(post.far_end.sent) == 2


async def test_the_far_ends_name_for_it_is_kept(post: Post) -> None:
    post.far_end.answers.append(Receipt(external_id="r-1"))

    assert (await post.deliver()).external_id == "r-1"


async def test_what_the_far_end_makes_of_our_message_is_shown_and_asks_for_no_answer(post: Post, take: Take) -> None:
    post.far_end.answers.append(Receipt(external_id="r-1"))
    await post.deliver()
    echo = Received("r-1", GRETA, NOW, "Im Juni.", echo_of=post.message.id, version=2)
    edited = await take("email", echo)
    after = await post.now()
    deleted = await take("email", replace(echo, version=3, deleted=True))

    assert (edited.outcome, after.text) == (Outcome.CHANGED, "Im Juni.")
    assert post.ticket.state is State.SOLVED
    assert deleted.outcome is Outcome.CHANGED
    assert (await post.now()).deleted_at is not None


async def test_a_name_that_the_far_end_gave_to_another_message_is_no_name(post: Post, take: Take) -> None:
    await take("email", Received("r-1", GRETA, NOW, "Hallo?"))
    post.far_end.answers.append(Receipt(external_id="r-1"))
    after = await post.deliver()

    assert (after.delivery, after.external_id) == (Delivery.SENT, None)
    assert await post.due() is None


@pytest.mark.parametrize("name", ["a\0b", "half \ud800", "".join(map(chr, range(33, 0x1000)))])
async def test_a_name_that_cannot_be_stored_is_no_name(post: Post, name: str) -> None:
    post.far_end.answers.append(Receipt(external_id=name))
    after = await post.deliver()

    assert (after.delivery, after.external_id) == (Delivery.SENT, None)


async def test_words_that_cannot_be_stored_are_shown_without_what_cannot(post: Post) -> None:
    post.far_end.answers.append(DeliveryFailed("550 no \0such \ud800user" + "!" * 10_000))
    after = await post.deliver()

    assert (after.delivery, (after.error or "")[:16]) == (Delivery.FAILED, "550 no such ?use")


async def test_an_inbox_that_is_gone_fails_its_messages(post: Post) -> None:
    post.inboxes.opened = replace(post.inboxes.opened, inbox=replace(post.inboxes.opened.inbox, id=post.ticket.id))  # type: ignore[arg-type]  # another id

    assert (await post.deliver()).delivery is Delivery.FAILED


async def test_nothing_is_leased_before_it_is_due(post: Post) -> None:
    assert await lease_due(post.units, limit=5, now=NOW - timedelta(seconds=1)) == []


class Paced(FarEnd):
    """A far end that takes one message a minute."""

    def per_minute(self) -> int:
        return 1


async def test_an_inbox_sends_no_more_in_a_minute_than_it_may_and_counts_no_try(post: Post) -> None:
    post.far_end = Paced(CAPABILITIES["email"])
    post.inboxes.opened = replace(post.inboxes.opened, connection=post.far_end)
    async with post.units() as unit:
        await reply(unit, post.desk, post.ticket.id, Draft("Zwei", last_seen=9), post.inboxes.opened, now=NOW)
    await post.deliver()
    await post.deliver()
    assert [message.text for message in post.far_end.sent] == ["Im Mai."]
    for _ in range(3 * MAX_TRIES):
        await post.deliver(after=timedelta(seconds=1))

    await post.deliver(after=timedelta(minutes=1))
    assert [message.text for message in post.far_end.sent] == ["Im Mai.", "Zwei"]
    async with post.units.session() as session:
        attempts = await session.driver.fetch("select attempt from outbox")
    assert [row["attempt"] for row in attempts] == [1, 1]
