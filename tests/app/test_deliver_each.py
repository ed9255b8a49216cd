"""An answer to several people has a fate with each of them, and nobody gets it twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from inbox.app.deliver import deliver_due
from inbox.app.reply import Desk, Draft, reply, retry
from inbox.app.withdraw import withdraw
from inbox.blobs import BlobStore
from inbox.channel.model import Receipt, Received, Sender, Undelivered
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.deliveries import MAX_TRIES
from inbox.domain.fates import due
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Message
from inbox.domain.recipients import Fate, Recipient, Role
from inbox.domain.ticket import State
from inbox.errors import DeliveryDelayed, DeliveryUncertain, TransitionRefused
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock
from tests.app.conftest import CAPABILITIES, NOW, Take, later
from tests.app.far_end import FarEnd, OneInbox

GRETA, PAUL, BEA = (
    Recipient("greta@x.org"),
    Recipient("paul@x.org", role=Role.CC),
    Recipient("bea@x.org", None, Role.BCC),
)
GONE, FULL = Undelivered(PAUL.address, "550 5.1.1 no such user"), Undelivered(BEA.address, "452 full", permanent=False)


@dataclass(slots=True)
class Letter:
    """An answer to three, and what delivers it."""

    units: Units
    desk: Desk
    far_end: FarEnd
    inboxes: OneInbox
    clock: FixedClock
    message: Message

    async def deliver(self, *, after: timedelta = timedelta(0)) -> Message:
        self.clock.advance(after)
        await deliver_due(self.units, self.inboxes, self.desk.blobs, self.clock)
        async with self.units.reading() as unit:
            return await unit.messages.find(self.message.ticket_id, self.message.id)

    async def retry(self) -> Message:
        async with self.units() as unit:
            return await retry(unit, EVERYTHING, self.message.ticket_id, self.message.id, now=self.clock())

    async def state(self) -> State:
        async with self.units.reading() as unit:
            return (await unit.tickets.find(self.message.ticket_id, EVERYTHING)).state

    @property
    def tried(self) -> list[list[str]]:
        """Whom each try was for."""
        return [[each.address for each in due(sent.recipients)] for sent in self.far_end.sent]


def fates(message: Message) -> list[Fate | None]:
    return [each.state for each in message.recipients]


@pytest.fixture
async def letter(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Letter:
    sender = Sender((Claim(IdentityKind.EMAIL, GRETA.address),))
    ticket = (await take("email", Received("<1@x>", sender, NOW, "Hallo"))).ticket
    assert ticket is not None
    far_end = FarEnd(CAPABILITIES["email"])
    here, desk = OneInbox(inboxes["email"], far_end), Desk(aylin, EVERYTHING, BlobStore(tmp_path))
    draft = Draft("Im Mai.", last_seen=1, solve=True, recipients=(GRETA, PAUL, BEA))
    async with units() as unit:
        _, message = await reply(unit, desk, ticket.id, draft, here.opened, now=NOW)
    return Letter(units, desk, far_end, here, FixedClock(NOW), message)


async def test_all_get_it_and_nobody_twice(letter: Letter) -> None:
    sent = await letter.deliver()

    assert (sent.delivery, fates(sent)) == (Delivery.SENT, [Fate.SENT] * 3)
    assert letter.tried == [["greta@x.org", "paul@x.org", "bea@x.org"]]
    assert await letter.state() is State.SOLVED


async def test_one_who_is_refused_has_failed_the_others_have_it_and_the_ticket_is_open_again(letter: Letter) -> None:
    letter.far_end.answers.append(Receipt(undelivered=(GONE,)))
    sent = await letter.deliver()

    assert (sent.delivery, fates(sent)) == (Delivery.FAILED, [Fate.SENT, Fate.FAILED, Fate.SENT])
    assert sent.recipients[1].note == "550 5.1.1 no such user"
    assert sent.error == "paul@x.org: 550 5.1.1 no such user"
    assert await letter.state() is State.OPEN


async def test_tried_again_by_a_person_it_goes_to_the_failed_alone(letter: Letter) -> None:
    letter.far_end.answers.append(Receipt(undelivered=(GONE,)))
    await letter.deliver()
    assert fates(await letter.retry()) == [Fate.SENT, None, Fate.SENT]
    sent = await letter.deliver()

    assert (sent.delivery, fates(sent)) == (Delivery.SENT, [Fate.SENT] * 3)
    assert letter.tried[1] == ["paul@x.org"]


async def test_who_was_refused_for_now_is_tried_again_without_the_others(letter: Letter) -> None:
    letter.far_end.answers.append(Receipt(undelivered=(GONE, FULL)))
    first = await letter.deliver()
    second = await letter.deliver(after=timedelta(seconds=10))

    assert (first.delivery, fates(first)) == (Delivery.QUEUED, [Fate.SENT, Fate.FAILED, None])
    assert letter.tried[1] == ["bea@x.org"]
    assert second.error == "paul@x.org: 550 5.1.1 no such user"
    assert (second.delivery, fates(second)) == (Delivery.FAILED, [Fate.SENT, Fate.FAILED, Fate.SENT])


async def test_who_is_refused_for_now_for_ever_has_failed_in_the_end(letter: Letter) -> None:
    letter.far_end.answers.extend([Receipt(undelivered=(FULL,))] * MAX_TRIES)
    for _ in range(MAX_TRIES):
        await letter.deliver(after=timedelta(hours=5))

    sent = await letter.deliver()
    assert (sent.delivery, fates(sent)) == (Delivery.FAILED, [Fate.SENT, Fate.SENT, Fate.FAILED])
    assert letter.tried[1:] == [["bea@x.org"]] * (MAX_TRIES - 1)


async def test_a_delay_of_the_whole_is_a_delay_for_all(letter: Letter) -> None:
    letter.far_end.answers.append(DeliveryDelayed("busy"))
    delayed = await letter.deliver()

    assert [(each.state, each.note) for each in delayed.recipients] == [(None, "busy")] * 3
    assert fates(await letter.deliver(after=timedelta(seconds=10))) == [Fate.SENT] * 3


async def test_what_was_lost_behind_the_dot_is_uncertain_for_those_whom_it_was_for(letter: Letter) -> None:
    letter.far_end.answers.extend([Receipt(undelivered=(FULL,)), DeliveryUncertain("lost")])
    await letter.deliver()
    lost = await letter.deliver(after=timedelta(seconds=10))

    assert (lost.delivery, fates(lost)) == (Delivery.UNCERTAIN, [Fate.SENT, Fate.SENT, Fate.UNCERTAIN])


async def test_what_somebody_has_is_not_taken_back_while_others_wait(letter: Letter) -> None:
    letter.far_end.answers.append(Receipt(undelivered=(FULL,)))
    await letter.deliver()

    with pytest.raises(TransitionRefused, match="have it"):
        async with letter.units() as unit:
            await withdraw(unit, letter.desk, letter.message.ticket_id, letter.message.id, now=later(1))


async def test_a_bounce_marks_the_one_whom_it_is_about(letter: Letter, take: Take) -> None:
    sent = await letter.deliver()
    daemon = Sender((Claim(IdentityKind.EMAIL, "mailer-daemon@mx.example"),))
    gone = Undelivered("PAUL@x.org", "no such user")
    report = Received(
        "<b@mx>", daemon, later(9), ticket=sent.ticket_id, about=sent.id, undelivered=(gone,), wants_answer=False
    )
    await take("email", report, now=later(9))

    bounced = await letter.deliver()
    assert (bounced.delivery, fates(bounced)) == (Delivery.FAILED, [Fate.SENT, Fate.FAILED, Fate.SENT])
    await letter.retry()
    await letter.deliver(after=timedelta(hours=1))
    assert letter.tried[1] == ["paul@x.org"]
