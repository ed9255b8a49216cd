"""What is passed on is a matter between us and whoever got it: the contact neither sees nor is quoted any of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from inbox.app.audience import audience
from inbox.app.forward import Forwarding, forward
from inbox.app.opened import Opened
from inbox.app.outgoing import outgoing
from inbox.app.reply import Desk, Draft, note, reply
from inbox.app.views import message_view
from inbox.blobs import BlobStore
from inbox.channel.model import Outgoing, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import AttachmentId, MessageId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Attachment, Delivery, Message
from inbox.domain.recipients import Recipient, Role
from inbox.domain.ticket import State, Ticket
from inbox.errors import Invalid, NotFound
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, Take, later
from tests.app.far_end import FarEnd, OneInbox

CLIENT, GRETA = Recipient("client@studio.example", "Studio"), Recipient("greta@x.org")


def mail(external_id: str, writer: str, text: str, **more: object) -> Received:
    sender = Sender((Claim(IdentityKind.EMAIL, writer),), writer.partition("@")[0].title())
    values = {"sender": sender, "at": NOW, "text": text, "meta": {"from": writer}}
    return Received(external_id, **(values | more))  # type: ignore[arg-type]  # a test's builder


@dataclass(slots=True)
class Matter:
    """A ticket of Greta's, and what passes it on."""

    units: Units
    desk: Desk
    opened: Opened
    take: Take
    ticket: Ticket
    first: Message

    async def forward(self, wanted: Forwarding | None = None, source: Message | None = None) -> Message:
        wanted = wanted or Forwarding((CLIENT,), "Do you know?")
        async with self.units() as unit:
            return await forward(unit, self.desk, source or self.first, wanted, self.opened, now=later(1))

    async def sent(self, message: Message) -> Outgoing:
        """What the channel gets to make a mail of."""
        async with self.units.reading() as unit:
            ticket = await unit.tickets.find(self.ticket.id, EVERYTHING)
            return await outgoing(unit, self.desk.blobs, ticket, message)

    async def reply(self, *recipients: Recipient) -> Message:
        draft = Draft("Soon.", last_seen=99, recipients=recipients)
        async with self.units() as unit:
            return (await reply(unit, self.desk, self.ticket.id, draft, self.opened, now=later(5)))[1]

    async def answer_aside(self, external_id: str = "<aside@studio>", **more: object) -> Message:
        taken = await self.take(
            "email", mail(external_id, CLIENT.address, "Never tell her: in June.", **more), now=later(3)
        )
        assert taken.message is not None
        return taken.message

    async def now(self) -> Ticket:
        async with self.units.reading() as unit:
            return await unit.tickets.find(self.ticket.id, EVERYTHING)

    async def proposed(self) -> list[str]:
        async with self.units.reading() as unit:
            found = await audience(unit, await unit.tickets.find(self.ticket.id, EVERYTHING), own=frozenset())
        return [each.address for each in found.reply_all]


@pytest.fixture
async def matter(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Matter:
    taken = await take("email", mail("<1@x>", "greta@x.org", "When?", subject="Lamp", quoted="> before"))
    assert taken.ticket is not None
    assert taken.message is not None
    opened = OneInbox(inboxes["email"], FarEnd(CAPABILITIES["email"])).opened
    return Matter(units, Desk(aylin, EVERYTHING, BlobStore(tmp_path)), opened, take, taken.ticket, taken.message)


async def test_a_forward_is_a_mail_of_its_own_and_leaves_the_ticket_as_it_is(matter: Matter) -> None:
    before = await matter.now()
    message = await matter.forward()
    sent, after = await matter.sent(message), await matter.now()

    assert message_view(message)["forwards"] == str(matter.first.id)
    assert (sent.references, sent.parent_external_id, sent.quote) == ((), None, None)
    assert sent.passes_on is not None
    assert (sent.passes_on.author, sent.passes_on.address, sent.passes_on.subject) == ("Greta", "greta@x.org", "Lamp")
    assert sent.passes_on.text == "When?\n\n> before"
    assert (after.state, after.waiting_since, after.last_line) == (before.state, before.waiting_since, before.last_line)
    assert after.last_seq == before.last_seq + 1


async def test_its_answer_joins_aside_and_asks_for_somebody(matter: Matter) -> None:
    await matter.forward()
    await matter.reply()
    aside = await matter.answer_aside(ticket=matter.ticket.id)

    assert aside.ticket_id == matter.ticket.id
    assert message_view(aside)["aside"]
    assert not aside.unverified
    after = await matter.now()
    assert (after.state, after.contact_id) == (State.OPEN, matter.ticket.contact_id)


async def test_nothing_of_it_is_quoted_to_the_contact_nor_its_ids_named(matter: Matter) -> None:
    passed_on = await matter.forward()
    async with matter.units() as unit:
        await unit.messages.save(replace(passed_on, external_id="<forward@us>"))
    await matter.answer_aside(ticket=matter.ticket.id)
    sent = await matter.sent(await matter.reply())

    assert (sent.quote, sent.parent_external_id) == ("When?", "<1@x>")
    assert "<aside@studio>" not in sent.references
    assert "<forward@us>" not in sent.references
    assert await matter.proposed() == ["greta@x.org"]


async def test_a_second_mail_of_theirs_that_only_answers_our_forward_is_aside_too(matter: Matter) -> None:
    await matter.forward()
    await matter.answer_aside(ticket=matter.ticket.id)
    second = await matter.answer_aside("<second@studio>", references=("<aside@studio>",))

    assert second.ticket_id == matter.ticket.id
    assert message_view(second)["aside"]


async def test_whoever_got_a_blind_copy_answers_aside_and_an_open_copy_openly(matter: Matter) -> None:
    await matter.reply(GRETA, replace(CLIENT, role=Role.BCC))
    assert message_view(await matter.answer_aside(ticket=matter.ticket.id))["aside"]

    await matter.reply(GRETA, replace(CLIENT, role=Role.CC))
    openly = await matter.answer_aside("<open@studio>", ticket=matter.ticket.id)
    assert not message_view(openly)["aside"]
    assert not openly.unverified


async def test_the_contact_to_whom_something_is_passed_on_is_never_aside(matter: Matter) -> None:
    await matter.forward(Forwarding((GRETA,)))
    answer = await matter.take("email", mail("<2@x>", "greta@x.org", "Thanks", references=("<1@x>",)), now=later(3))

    assert answer.message is not None
    assert not message_view(answer.message)["aside"]


async def test_who_answered_aside_is_answered_in_their_own_thread(matter: Matter) -> None:
    await matter.forward()
    aside = await matter.answer_aside(ticket=matter.ticket.id)
    sent = await matter.sent(await matter.forward(Forwarding((CLIENT,), "Thank you."), source=aside))

    assert sent.parent_external_id == "<aside@studio>"
    assert (sent.passes_on, sent.quote, sent.references) == (None, "Never tell her: in June.", ())


async def test_files_come_along_as_the_forwards_own_unless_they_are_left_out(matter: Matter) -> None:
    sha256 = "ab" * 32
    file = Attachment(AttachmentId(new_id()), "plan.pdf", "application/pdf", 7, sha256, "plan", inline=True)
    with_file = replace(matter.first, id=MessageId(new_id()), seq=2, external_id="<f@x>", attachments=(file,))
    async with matter.units() as unit:
        held = await unit.tickets.hold(matter.ticket.id, EVERYTHING)
        await unit.tickets.save(replace(held, last_seq=2), now=NOW)
        await unit.messages.add(with_file)

    (copy,) = (await matter.forward(source=with_file)).attachments
    bare = await matter.forward(Forwarding((CLIENT,), files=()), source=with_file)

    assert (copy.name, copy.sha256, copy.inline, copy.content_id) == ("plan.pdf", sha256, False, None)
    assert copy.id != file.id
    assert bare.attachments == ()
    with pytest.raises(NotFound):
        await matter.forward(Forwarding((CLIENT,), files=(file.id, new_id())), source=with_file)


async def test_a_note_is_not_passed_on_nor_anything_to_nobody_or_to_ourselves(matter: Matter) -> None:
    async with matter.units() as unit:
        _, written = await note(unit, matter.desk, matter.ticket.id, Draft("Internal", last_seen=0), now=NOW)
    ours = replace(matter.desk, own=frozenset({CLIENT.address}))

    with pytest.raises(Invalid, match="written to us or by us"):
        await matter.forward(source=written)
    with pytest.raises(Invalid, match="Name somebody"):
        await matter.forward(Forwarding(()))
    matter.desk = ours
    with pytest.raises(Invalid, match="our own"):
        await matter.forward()


async def test_a_forward_is_delivered_like_any_mail(matter: Matter) -> None:
    message = await matter.forward()

    async with matter.units.reading() as unit:
        assert await unit.outbox.next_due() == later(1)
    assert message.delivery is Delivery.QUEUED
