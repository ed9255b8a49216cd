"""A fix of the rules for strangers' HTML applies to what is here already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from inbox.app.intake import Door
from inbox.app.passed_on import PASSED_ON_BY
from inbox.app.shown import shown_today
from inbox.app.understanding import understand_pending
from inbox.channel.model import Forwarded, Original, Received, Sender, Told
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import MessageId, OriginalId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.message import Direction, Kind, Message
from inbox.errors import MessageUnreadable
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW
from tests.app.far_end import FarEnd, OneInbox
from tests.app.test_intake import NoFiles

PAUL = Sender((Claim(IdentityKind.EMAIL, "paul@example.org"),), "Paul")
GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")


@dataclass(slots=True)
class Cleaner(FarEnd):
    """Cleans by rules of a version, and counts how often it had to."""

    cleaner: int = 1
    cleaned: int = 0
    fails: bool = False
    passes_on: bool = False
    ticket: TicketId | None = None  # that its answer proves

    def fold(self, received: Received, told: Sequence[Told]) -> Received:
        """Fold the words that we said."""
        page = received.html or ""
        for each in told:
            page = page.replace(each.text, "")
        return replace(received, html=page, quoted="; ".join(each.text for each in told))

    def understand(self, original: Original) -> list[Received]:
        self.cleaned += 1
        if self.fails:
            raise MessageUnreadable("Not any more.")
        html = f"<p>{original.body.decode()} by rules {self.cleaner}</p>"
        meta = {"cleaner": self.cleaner, "remote_images": self.cleaner, "digest": "d"}
        writer = Forwarded(PAUL, "asked", html=f"<p>Paul by rules {self.cleaner}</p>") if self.passes_on else None
        answer: dict[str, Any] = {"ticket": self.ticket, "references": ("<ours@x>",)} if self.ticket else {}
        return [Received("<m@x>", GRETA, NOW, "said", html=html, meta=meta, forwarded=writer, **answer)]


@dataclass(slots=True)
class Desk:
    """Reads the one mail that came."""

    units: Units
    door: Door
    cleaner: Cleaner

    async def stored(self) -> Message:
        async with self.units.reading() as unit:
            found = await unit.messages.by_external_id(self.door.inboxes.opened.inbox.id, "<m@x>")  # type: ignore[attr-defined]  # OneInbox's
            assert found is not None
            return found

    async def shown(self) -> Message:
        (found,) = await shown_today(self.door, [await self.stored()])
        return found


@pytest.fixture
async def desk(units: Units, inboxes: dict[str, Inbox]) -> Desk:
    cleaner = Cleaner(CAPABILITIES["email"])
    door = Door(units, OneInbox(inboxes["email"], cleaner), NoFiles(), lambda: NOW)
    async with units() as unit:
        await unit.originals.add(inboxes["email"].id, Original("k", b"mail", "message/rfc822", NOW), state="pending")
    await understand_pending(door)
    return Desk(units, door, cleaner)


async def test_what_todays_rules_cleaned_is_not_cleaned_again(desk: Desk) -> None:
    assert (await desk.shown()).html == "<p>mail by rules 1</p>"
    assert desk.cleaner.cleaned == 1


async def test_what_older_rules_cleaned_is_cleaned_once_more_and_only_once(desk: Desk) -> None:
    desk.cleaner.cleaner = 2
    shown = [await desk.shown() for _ in range(3)]
    stored = await desk.stored()

    assert {message.html for message in shown} == {stored.html} == {"<p>mail by rules 2</p>"}
    assert stored.meta == {"cleaner": 2, "remote_images": 2, "invitation": None, "seal": None, "digest": "d"}
    assert stored.text == "said"
    assert desk.cleaner.cleaned == 2


async def test_what_cannot_be_cleaned_any_more_is_shown_as_its_text(desk: Desk) -> None:
    desk.cleaner.cleaner, desk.cleaner.fails = 2, True

    assert (await desk.shown()).html is None
    assert (await desk.stored()).html == "<p>mail by rules 1</p>"


async def test_what_has_no_original_stays_as_it_is(desk: Desk) -> None:
    desk.cleaner.cleaner = 2
    async with desk.units.session() as session:
        await session.driver.execute("update messages set original_id = $1", OriginalId(new_id()))

    assert (await desk.shown()).html == "<p>mail by rules 1</p>"


@pytest.mark.parametrize(("still", "html"), [(True, "<p>Paul by rules 2</p>"), (False, None)])
async def test_what_a_manager_passed_on_never_shows_the_cover(desk: Desk, still: bool, html: str | None) -> None:
    message = await desk.stored()
    desk.cleaner.cleaner, desk.cleaner.passes_on = 2, still
    passed_on = replace(message, html="<p>Paul by rules 1</p>", meta=message.meta | {PASSED_ON_BY: "Mara"})
    (shown,) = await shown_today(desk.door, [passed_on])

    assert shown.html == html


async def test_what_repeats_us_stays_folded(desk: Desk) -> None:
    stored = await desk.stored()
    ours = Message(
        MessageId(new_id()),
        stored.ticket_id,
        stored.inbox_id,
        9,
        Kind.MESSAGE,
        Direction.OUTBOUND,
        NOW,
        "by rules",
        external_id="<ours@x>",
    )
    async with desk.units() as unit:
        await unit.messages.add(ours)
    desk.cleaner.cleaner, desk.cleaner.ticket = 2, stored.ticket_id
    shown = await desk.shown()

    assert (shown.html, shown.quoted) == ("<p>mail  2</p>", "by rules")
