"""Whom an answer goes to, as it is proposed and as it is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from inbox.app.audience import audience
from inbox.app.begin import Beginning, begin
from inbox.app.opened import Opened
from inbox.app.reply import Desk, Draft, reply
from inbox.blobs import BlobStore
from inbox.channel.model import Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Message
from inbox.domain.recipients import Recipient, Role
from inbox.domain.ticket import Ticket
from inbox.errors import Invalid
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, Take, later
from tests.app.far_end import FarEnd, OneInbox

HELP, GRETA, PAUL, EVE = (Recipient(a) for a in ("help@us.example", "greta@x.org", "paul@x.org", "eve@evil.org"))
OWN = frozenset({HELP.address})


def copied(recipient: Recipient, role: Role = Role.CC) -> Recipient:
    return replace(recipient, role=role)


def mail(external_id: str, writer: Recipient, *recipients: Recipient, **more: object) -> Received:
    sender = Sender((Claim(IdentityKind.EMAIL, writer.address),), writer.address.partition("@")[0].title())
    meta = {"from": writer.address}
    values = {"at": NOW, "text": "Hallo", "recipients": recipients, "meta": meta, "sender": sender}
    return Received(external_id, **(values | more))  # type: ignore[arg-type]  # a test's builder


@dataclass(slots=True)
class Talk:
    """A ticket of Greta's, who wrote to us and to Paul."""

    units: Units
    desk: Desk
    opened: Opened
    ticket: Ticket

    async def proposed(self) -> list[tuple[str, str]]:
        async with self.units.reading() as unit:
            found = await audience(unit, await unit.tickets.find(self.ticket.id, EVERYTHING), own=OWN)
        return [(each.role.value, each.address) for each in found.reply_all]

    async def reply(self, *recipients: Recipient) -> Message:
        draft = Draft("Im Mai.", last_seen=99, recipients=recipients)
        async with self.units() as unit:
            return (await reply(unit, self.desk, self.ticket.id, draft, self.opened, now=later(1)))[1]


@pytest.fixture
async def talk(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Talk:
    taken = await take("email", mail("<1@x>", GRETA, HELP, copied(PAUL)))
    assert taken.ticket is not None
    opened = OneInbox(inboxes["email"], FarEnd(CAPABILITIES["email"])).opened
    return Talk(units, Desk(aylin, EVERYTHING, BlobStore(tmp_path), OWN), opened, taken.ticket)


async def test_everybody_who_was_in_it_is_proposed_and_the_contact_is_written_to_alone_unless_asked(talk: Talk) -> None:
    assert await talk.proposed() == [("to", "greta@x.org"), ("cc", "paul@x.org")]
    assert [each.address for each in (await talk.reply()).recipients] == ["greta@x.org"]


async def test_who_got_a_blind_copy_is_never_proposed_openly(talk: Talk) -> None:
    await talk.reply(GRETA, copied(EVE, Role.BCC))

    assert await talk.proposed() == [("to", "greta@x.org"), ("cc", "paul@x.org")]


async def test_a_stranger_who_holds_our_mark_is_not_proposed_nor_whom_they_name(talk: Talk, take: Take) -> None:
    stranger = mail("<2@x>", EVE, HELP, copied(Recipient("mallory@evil.org")), ticket=talk.ticket.id)
    taken = await take("email", stranger, now=later(2))
    assert taken.message is not None
    assert taken.message.unverified

    assert await talk.proposed() == [("to", "greta@x.org"), ("cc", "paul@x.org")]


async def test_a_mail_through_a_list_is_answered_to_the_person(talk: Talk, take: Take) -> None:
    listed = mail("<2@x>", GRETA, Recipient("crowd@lists.org"), copied(PAUL), references=("<1@x>",))
    await take("email", replace(listed, meta={**listed.meta, "list": True}), now=later(2))

    assert await talk.proposed() == [("to", "greta@x.org")]


async def test_an_answer_that_leaves_the_contact_out_is_refused(talk: Talk) -> None:
    with pytest.raises(Invalid, match="goes to the contact too"):
        await talk.reply(PAUL)
    with pytest.raises(Invalid, match="goes to the contact too"):
        await talk.reply(PAUL, copied(GRETA, Role.BCC))


async def test_copies_alone_are_copies_of_an_answer_to_the_contact(talk: Talk) -> None:
    message = await talk.reply(copied(PAUL), copied(EVE, Role.BCC), copied(PAUL, Role.BCC))

    assert [(each.role, each.address) for each in message.recipients] == [
        (Role.TO, "greta@x.org"),
        (Role.CC, "paul@x.org"),
        (Role.BCC, "eve@evil.org"),
    ]


@pytest.mark.parametrize("address", ["help@us.example", "HELP@us.example", "help+c.token@us.example"])
async def test_our_own_inboxes_are_not_written_to(talk: Talk, address: str) -> None:
    with pytest.raises(Invalid, match="one of our own"):
        await talk.reply(GRETA, Recipient(address, role=Role.CC))


async def test_a_new_ticket_is_written_to_the_address_that_was_named_and_to_those_who_read_along(talk: Talk) -> None:
    async with talk.units() as unit:
        known = await unit.contacts.by_claims([Claim(IdentityKind.EMAIL, GRETA.address)])
        assert known is not None
        await unit.contacts.add_claims(known.id, [Claim(IdentityKind.EMAIL, "g@work.org")])
        wanted = Beginning("Hallo", claim=Claim(IdentityKind.EMAIL, "g@work.org"), copies=(copied(PAUL),))
        ticket = await begin(unit, talk.desk, talk.opened, wanted, now=NOW)
        (message,) = await unit.messages.since(ticket.id, 0)

    assert [(r.role, r.address) for r in message.recipients] == [(Role.TO, "g@work.org"), (Role.CC, "paul@x.org")]
