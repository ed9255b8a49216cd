"""An address that mails come back from for good is not written to again until a person says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inbox.app.audience import audience
from inbox.app.deliver import deliver_due
from inbox.app.reply import Desk, Draft, reply, retry
from inbox.app.suppress import suppress
from inbox.blobs import BlobStore
from inbox.channel.model import Receipt, Received, Sender, Undelivered
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Message
from inbox.domain.recipients import Fate, Recipient, Role
from inbox.domain.ticket import Ticket
from inbox.errors import DeliveryFailed, RecipientGone, Suppressed
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock
from tests.app.conftest import CAPABILITIES, NOW, Take, later
from tests.app.far_end import Answer, FarEnd, OneInbox

GRETA, PAUL = Recipient("Greta@x.org"), Recipient("paul@x.org", role=Role.CC)
DAEMON = Sender((Claim(IdentityKind.EMAIL, "mailer-daemon@mx.example"),))
SENDER = Sender((Claim(IdentityKind.EMAIL, "greta@x.org"),))

Write = Callable[..., Awaitable[Message]]


@pytest.fixture
async def ticket(take: Take) -> Ticket:
    mail = Received("<1@x>", SENDER, NOW, "Hallo", recipients=(PAUL,), meta={"from": "greta@x.org"})
    found = (await take("email", mail)).ticket
    assert found is not None
    return found


@pytest.fixture
def far_end() -> FarEnd:
    return FarEnd(CAPABILITIES["email"])


@pytest.fixture
def write(
    units: Units, inboxes: dict[str, Inbox], aylin: Manager, ticket: Ticket, far_end: FarEnd, tmp_path: Path
) -> Write:
    """Answer, and let it be delivered as the far end wants."""
    here, desk = OneInbox(inboxes["email"], far_end), Desk(aylin, EVERYTHING, BlobStore(tmp_path))

    async def written(*answers: Answer, again: Message | None = None) -> Message:
        far_end.answers.extend(answers)
        async with units() as unit:
            if again is not None:
                message = await retry(unit, EVERYTHING, ticket.id, again.id, now=NOW)
            else:
                draft = Draft("Im Mai.", last_seen=99, recipients=(GRETA, PAUL))
                _, message = await reply(unit, desk, ticket.id, draft, here.opened, now=NOW)
        await deliver_due(units, here, desk.blobs, FixedClock(NOW))
        async with units.reading() as unit:
            return await unit.messages.find(ticket.id, message.id)

    return written


async def listed(units: Units) -> list[tuple[str, str]]:
    async with units.reading() as unit:
        return [(each.address, each.reason) for each in (await unit.suppressions.page(after=None, limit=9)).items]


async def test_who_is_refused_as_unknown_is_not_written_to_again(units: Units, write: Write, far_end: FarEnd) -> None:
    gone = Undelivered(PAUL.address, "550 5.1.1 no such user", gone=True)
    failed = await write(Receipt(undelivered=(gone,)))

    assert await listed(units) == [("paul@x.org", "550 5.1.1 no such user")]
    with pytest.raises(Suppressed, match=r"paul@x\.org: 550 5\.1\.1"):
        await write()
    with pytest.raises(Suppressed):
        await write(again=failed)
    assert len(far_end.sent) == 1


async def test_taken_from_the_list_an_address_is_written_to_again(units: Units, write: Write) -> None:
    failed = await write(Receipt(undelivered=(Undelivered(PAUL.address, "no", gone=True),)))
    async with units() as unit:
        assert await unit.suppressions.remove("paul@x.org")

    assert (await write(again=failed)).delivery is Delivery.SENT


async def test_who_is_not_there_is_told_from_what_is_refused(units: Units, write: Write) -> None:
    await write(DeliveryFailed("554 5.7.1 spam"))
    assert await listed(units) == []

    await write(RecipientGone("550 5.1.1 no such user"))
    assert [address for address, _ in await listed(units)] == ["paul@x.org", "greta@x.org"]


async def test_a_bounce_silences_whom_the_mail_was_for_and_nobody_else(
    units: Units, write: Write, take: Take, ticket: Ticket
) -> None:
    sent = await write()
    failures = tuple(
        Undelivered(address, "unknown", gone=gone)
        for address, gone in (("PAUL@x.org", True), ("greta@x.org", False), ("victim@bank.example", True))
    )
    report = Received("<b@mx>", DAEMON, NOW, ticket=ticket.id, about=sent.id, undelivered=failures, wants_answer=False)
    await take("email", report, now=later(1))

    assert await listed(units) == [("paul@x.org", "unknown")]


async def test_whom_mails_do_not_reach_is_not_proposed_but_the_contact_is(
    units: Units, write: Write, ticket: Ticket
) -> None:
    await write(RecipientGone("550 5.1.1 no such user"))

    async with units.reading() as unit:
        proposed = await audience(unit, await unit.tickets.find(ticket.id, EVERYTHING), own=frozenset())
    assert [each.address for each in proposed.reply_all] == ["greta@x.org"]


async def test_who_is_found_out_while_a_mail_waits_is_left_out_of_it(
    units: Units, write: Write, far_end: FarEnd, inboxes: dict[str, Inbox], tmp_path: Path
) -> None:
    first = await write(Receipt(undelivered=(Undelivered(PAUL.address, "452 full", permanent=False),)))
    async with units() as unit:
        await suppress(unit, "Paul@x.org", "gone", now=NOW)
    clock = FixedClock(later(9))
    await deliver_due(units, OneInbox(inboxes["email"], far_end), BlobStore(tmp_path), clock)

    async with units.reading() as unit:
        found = await unit.messages.find(first.ticket_id, first.id)
    assert [(each.state, each.note) for each in found.recipients] == [(Fate.SENT, None), (Fate.FAILED, "gone")]
    assert (found.delivery, len(far_end.sent)) == (Delivery.FAILED, 1)
    assert found.error == "paul@x.org: gone"
