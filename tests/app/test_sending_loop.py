"""What goes wrong with one message ends the sending of no other."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from inbox.app.deliver import AT_ONCE, SHARE, TAKEN
from inbox.app.intake import Door
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.ports import Unit
from inbox.app.receive import Taken
from inbox.app.reply import Desk, Draft, reply
from inbox.blobs import BlobStore
from inbox.channel.model import Outgoing, Receipt, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.store.unit_of_work import Units
from inbox.worker.delivery import deliver
from inbox.worker.wake import Wake
from tests.app.conftest import CAPABILITIES, NOW, Take, comment, later
from tests.app.far_end import FarEnd, OneInbox
from tests.app.test_intake import NoFiles


class Stumbling:
    """A store that fails once, at the next thing that is written."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self.stumbles = False
        self.reading, self.single = units.reading, units.single

    def __call__(self, *locks: str) -> AbstractAsyncContextManager[Unit]:
        if self.stumbles:
            self.stumbles = False
            raise RuntimeError("It stumbled.")
        return self._units(*locks)


class SlowAndQuick(FarEnd):
    """Takes some messages at once, just before the store stumbles, and others only when it is let."""

    def __init__(self, units: Stumbling) -> None:
        super().__init__(CAPABILITIES["email"])
        self._units, self.has_begun, self.goes_on = units, asyncio.Event(), asyncio.Event()

    async def send(self, message: Outgoing) -> Receipt:
        if message.text == "slow":
            self.has_begun.set()
            await self.goes_on.wait()
            self.sent.append(message)
            return Receipt()
        await self.has_begun.wait()
        self._units.stumbles = True
        asyncio.get_running_loop().call_later(0.2, self.goes_on.set)
        return Receipt()


class Both(OpenInboxes):
    """The inboxes of a process in which two are open."""

    def __init__(self, *each: OneInbox) -> None:
        self._each = {one.opened.inbox.id: one for one in each}

    async def get(self, inbox_id: InboxId) -> Opened:
        return await self._each[inbox_id].get(inbox_id)


async def test_a_far_end_that_hangs_leaves_room_for_the_answers_of_other_inboxes(
    units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path
) -> None:
    hangs, works = (FarEnd(CAPABILITIES[channel]) for channel in ("email", "comments"))
    hangs.answers.extend([None] * 2 * AT_ONCE)
    opened = {"email": OneInbox(inboxes["email"], hangs), "comments": OneInbox(inboxes["comments"], works)}
    desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))
    for number in range(2 * AT_ONCE):
        sender = Sender((Claim(IdentityKind.EMAIL, f"{number}@example.org"),), "Greta")
        mail = await take("email", Received(f"<{number}@x>", sender, NOW, "Hallo"))
        await answer(units, desk, mail, opened["email"])
    await answer(units, desk, await take("comments", comment("c-1")), opened["comments"], now=later(1))

    door = Door(units, Both(*opened.values()), NoFiles(), lambda: later(2))
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        loop = group.create_task(deliver(door, desk.blobs, Wake()))
        await works.reached.wait()
        loop.cancel()
    assert len(hangs.sent) < SHARE + TAKEN


async def answer(
    units: Units, desk: Desk, taken: Taken, opened: OneInbox, text: str = "Im Mai.", *, now: datetime = NOW
) -> None:
    assert taken.ticket is not None
    async with units() as unit:
        await reply(unit, desk, taken.ticket.id, Draft(text, last_seen=1), opened.opened, now=now)


async def test_a_message_whose_result_cannot_be_stored_ends_the_sending_of_no_other(
    units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path
) -> None:
    stumbling = Stumbling(units)
    far_end = SlowAndQuick(stumbling)
    opened = OneInbox(inboxes["email"], far_end)
    desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))
    for text in ("quick", "slow"):
        sender = Sender((Claim(IdentityKind.EMAIL, f"{text}@example.org"),), text)
        taken = await take("email", Received(f"<{text}@x>", sender, NOW, "Hallo"))
        await answer(units, desk, taken, opened, text)

    door = Door(stumbling, opened, NoFiles(), lambda: NOW)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        loop = group.create_task(deliver(door, desk.blobs, Wake()))
        while not far_end.sent:  # noqa: ASYNC110 - the far end is asked, not awaited
            await asyncio.sleep(0.01)
        loop.cancel()
    assert [message.text for message in far_end.sent] == ["slow"]
