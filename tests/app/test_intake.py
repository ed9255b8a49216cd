"""What was fetched is understood in its order, and what cannot be holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from inbox.app.intake import Door
from inbox.app.opened import Opened
from inbox.app.understanding import understand_pending
from inbox.channel.model import File, Original, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Attachment
from inbox.errors import ConfigRejected, MessageUnreadable
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW
from tests.app.far_end import FarEnd, OneInbox

GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")


class Reader(FarEnd):
    """Understands one word a mail."""

    def understand(self, original: Original) -> list[Received]:
        word = original.body.decode()
        if word == "unreadable":
            raise MessageUnreadable("This is no mail.")
        if word == "bug":
            raise KeyError(word)
        if word == "unstorable":
            return [Received(original.key, GRETA, NOW, "a\x00b")]
        return [Received(original.key, GRETA, NOW, word, references=("k-0",))]


class NoFiles:
    """Keeps no files: none come here."""

    async def keep(self, file: File) -> Attachment:
        raise NotImplementedError

    async def keep_pieces(self, name: str, pieces: AsyncIterator[bytes], *, limit: int) -> Attachment:
        raise NotImplementedError


class Unopenable(OneInbox):
    """An inbox whose settings no longer fit its channel."""

    async def get(self, inbox_id: object) -> Opened:
        raise ConfigRejected


@pytest.fixture
def reader(inboxes: dict[str, Inbox]) -> OneInbox:
    return OneInbox(inboxes["email"], Reader(CAPABILITIES["email"]))


async def fetched(units: Units, inbox: Inbox, *words: str) -> None:
    async with units() as unit:
        for n, word in enumerate(words):
            await unit.originals.add(inbox.id, Original(f"k-{n}", word.encode(), "text/plain", NOW), state="pending")


async def understand(units: Units, inboxes: Any) -> None:
    while await understand_pending(Door(units, inboxes, NoFiles(), lambda: NOW)):
        continue


async def test_a_batch_is_understood_in_its_order_and_stays_one_thread(
    units: Units, inboxes: dict[str, Inbox], reader: OneInbox
) -> None:
    await fetched(units, inboxes["email"], *(f"Wort{n}" for n in range(60)))
    await understand(units, reader)

    async with units.reading() as unit:
        first = await unit.messages.by_external_id(inboxes["email"].id, "k-0")
        assert first is not None
        said = await unit.messages.since(first.ticket_id, 0)
    assert [message.text for message in said] == [f"Wort{n}" for n in range(60)]


@pytest.mark.parametrize("poison", ["unreadable", "bug", "unstorable"])
async def test_poison_is_put_aside_with_its_reason_and_holds_up_nobody(
    units: Units, inboxes: dict[str, Inbox], reader: OneInbox, poison: str
) -> None:
    await fetched(units, inboxes["email"], "eins", poison, "drei")
    await understand(units, reader)

    async with units.reading() as unit:
        aside = await unit.originals.quarantined(EVERYTHING, after=None, limit=10)
        third = await unit.messages.by_external_id(inboxes["email"].id, "k-2")
    assert [item.original.body.decode() for item in aside.items] == [poison]
    assert aside.items[0].reason
    assert third is not None
    assert third.seq == 2


async def test_mails_of_an_inbox_that_no_longer_opens_are_visible(
    units: Units, inboxes: dict[str, Inbox], reader: OneInbox
) -> None:
    await fetched(units, inboxes["email"], "eins")
    await understand(units, Unopenable(inboxes["email"], reader.opened.connection))  # type: ignore[arg-type]  # its own

    async with units.reading() as unit:
        assert await unit.originals.count_quarantined(EVERYTHING) == 1


async def test_two_who_understand_at_once_store_every_mail_once(
    units: Units, inboxes: dict[str, Inbox], reader: OneInbox
) -> None:
    await fetched(units, inboxes["email"], *(f"Wort{n}" for n in range(60)))
    await asyncio.gather(*(understand(units, reader) for _ in range(3)))

    async with units.reading() as unit:
        first = await unit.messages.by_external_id(inboxes["email"].id, "k-0")
        assert first is not None
        said = await unit.messages.since(first.ticket_id, 0)
    assert [message.text for message in said] == [f"Wort{n}" for n in range(60)]
