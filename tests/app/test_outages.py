"""An inbox that is down says since when and why, and those who can mend it are told once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from inbox.app.inboxes import inbox_event
from inbox.app.letters import Letter
from inbox.app.outages import Crier, notice_unheard, tell_of_outages
from inbox.domain.ids import ManagerId, new_id
from inbox.domain.inbox import PATIENCE, Inbox
from inbox.domain.manager import EVERYTHING, Access, Manager, Role
from inbox.errors import Unavailable
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import MemoryLog
from tests.app.conftest import NOW, later

SOON, LONG = NOW + PATIENCE - timedelta(seconds=1), NOW + PATIENCE


@dataclass(slots=True)
class Letterbox:
    """A postman whose letters can be read, and who may be ill for a while."""

    letters: list[Letter] = field(default_factory=list)
    ill: int = 0

    async def send(self, letter: Letter) -> None:
        if self.ill:
            self.ill -= 1
            raise Unavailable("The mail could not be sent.")
        self.letters.append(letter)


@dataclass(slots=True)
class House:
    """A mail inbox and who can be told of it."""

    units: Units
    inbox: Inbox
    post: Letterbox = field(default_factory=Letterbox)
    log: MemoryLog = field(default_factory=MemoryLog)

    async def fails(self, note: str = "The server is gone.", *, minute: float = 0) -> None:
        async with self.units() as unit:
            await unit.inboxes.set_health(self.inbox.id, "failing", note, now=later(minute))

    async def works(self, *, minute: float = 0) -> None:
        async with self.units() as unit:
            await unit.inboxes.set_health(self.inbox.id, "ok", None, now=later(minute))

    async def sending(self, fault: str | None, *, minute: float = 0) -> None:
        async with self.units() as unit:
            await unit.inboxes.set_sending(self.inbox.id, fault, now=later(minute))

    async def shown(self) -> dict[str, Any]:
        async with self.units.reading() as unit:
            view: dict[str, Any] = inbox_event(await unit.inboxes.find(self.inbox.id)).data["inbox"]
        return view

    async def tell(self, now: Any = LONG) -> list[str]:
        await tell_of_outages(self.units, Crier(self.post, "https://desk.example", self.log), now=now)
        return [letter.to for letter in self.post.letters]

    async def hire(self, name: str, role: Role, **more: Any) -> None:
        given: dict[str, Any] = {"access": EVERYTHING} | more
        async with self.units() as unit:
            await unit.managers.add(Manager(ManagerId(new_id()), f"{name}@x.example", name, role, **given))


@pytest.fixture
async def house(units: Units, inboxes: dict[str, Inbox]) -> House:
    house = House(units, inboxes["email"])
    await house.hire("lea", Role.LEAD, locale="de")
    return house


async def test_an_outage_begins_with_its_first_failure_and_ends_with_it(house: House) -> None:
    await house.fails()
    await house.fails("Still gone.", minute=5)
    down = (await house.shown())["down"]
    await house.works(minute=6)
    well = await house.shown()

    assert (down["receiving"], down["sending"]) == ("Still gone.", None)
    assert down["since"].startswith("2026-03-23T09:00:00")
    assert well["down"] is None
    assert (well["failure"], well["failed_at"][:16]) == ("Still gone.", "2026-03-23T09:05")


async def test_an_inbox_is_up_again_only_when_both_ways_work(house: House) -> None:
    await house.fails()
    await house.sending("wrong password", minute=1)
    await house.works(minute=2)
    half = (await house.shown())["down"]
    await house.sending(None, minute=3)

    assert (half["receiving"], half["sending"]) == (None, "wrong password")
    assert half["since"].startswith("2026-03-23T09:00:00")
    assert (await house.shown())["down"] is None


async def test_nobody_is_told_of_a_short_outage(house: House) -> None:
    await house.fails()
    assert await house.tell(SOON) == []
    await house.works()
    assert await house.tell() == []


async def test_a_long_outage_is_told_once_in_the_language_of_who_reads_it(house: House) -> None:
    await house.fails()
    assert await house.tell() == ["lea@x.example"]
    assert await house.tell(LONG + timedelta(hours=5)) == ["lea@x.example"]

    [letter] = house.post.letters
    assert letter.subject == "email ist gestört"
    assert "Es kommt nichts herein: The server is gone." in letter.text
    assert f"https://desk.example/settings/inboxes/{house.inbox.id}" in letter.text
    assert "hinaus" not in letter.text


async def test_the_next_outage_is_told_again(house: House) -> None:
    await house.fails()
    await house.tell()
    await house.works(minute=20)
    await house.sending("not allowed", minute=30)

    assert await house.tell(later(44)) == ["lea@x.example"]
    assert await house.tell(later(45)) == ["lea@x.example"] * 2
    assert "Es geht nichts hinaus: not allowed" in house.post.letters[1].text


async def test_what_could_not_be_told_is_told_later(house: House) -> None:
    house.post.ill = 1
    await house.fails()
    assert await house.tell() == []
    assert await house.tell() == ["lea@x.example"]


async def test_whoever_was_reached_is_not_told_again_for_another(house: House) -> None:
    await house.hire("ben", Role.ADMIN)
    house.post.ill = 1
    await house.fails()
    first = await house.tell()
    assert len(first) == 1
    assert await house.tell() == first


async def test_those_are_told_who_see_the_inbox_and_can_mend_it(house: House) -> None:
    await house.hire("max", Role.MANAGER)
    await house.hire("other", Role.LEAD, access=Access(inboxes=frozenset()))
    await house.hire("gone", Role.ADMIN, active=False)
    await house.fails()
    assert await house.tell() == ["lea@x.example"]


async def test_an_administrator_is_told_where_nobody_sees_the_inbox(units: Units, inboxes: dict[str, Inbox]) -> None:
    house = House(units, inboxes["email"])
    await house.hire("ada", Role.ADMIN, access=Access(inboxes=frozenset()))
    await house.fails()
    assert await house.tell() == ["ada@x.example"]


async def test_an_inbox_that_is_switched_off_is_not_down(house: House) -> None:
    await house.fails()
    async with house.units() as unit:
        await unit.inboxes.save(replace(await unit.inboxes.find(house.inbox.id), active=False))
    assert await house.tell(LONG + timedelta(days=900)) == []
    assert (await house.shown())["down"] is None


async def test_new_settings_are_given_their_time(house: House) -> None:
    await house.fails()
    async with house.units() as unit:
        saved = await unit.inboxes.save(await unit.inboxes.find(house.inbox.id))
    assert saved.down_since is not None
    assert saved.down_since > LONG
    assert await house.tell() == []


async def test_without_a_mail_server_the_log_is_told_once(house: House) -> None:
    await house.fails()
    crier = Crier(None, "https://desk.example", house.log)
    for _ in range(2):
        await tell_of_outages(house.units, crier, now=LONG)
    assert list(house.log.events()) == ["inbox.down"]


# -------------------------------------------------------------------------------------------------- who fetches died

FETCHER = UUID(int=7)


async def fetched(house: House, *, minute: float = 0) -> None:
    """Let somebody fetch, and say that all is well."""
    async with house.units() as unit:
        until = later(minute + 0.5)
        assert await unit.inboxes.lease(house.inbox.id, owner=FETCHER, now=later(minute), until=until)
        await unit.inboxes.move_cursor(house.inbox.id, {}, owner=FETCHER, now=later(minute), brought=False)
    await house.works(minute=minute)


async def test_an_inbox_that_nobody_fetches_any_more_is_down(house: House) -> None:
    await fetched(house)
    assert await notice_unheard(house.units, now=later(3)) == 0
    assert await notice_unheard(house.units, now=later(4)) == 1
    assert await notice_unheard(house.units, now=later(5)) == 0

    down = (await house.shown())["down"]
    assert "No process" in down["receiving"]
    assert down["since"].startswith("2026-03-23T09:04")
    assert await house.tell(later(19)) == ["lea@x.example"]
    await fetched(house, minute=20)
    assert (await house.shown())["down"] is None


async def test_an_inbox_that_is_fetched_slowly_is_not_down(house: House) -> None:
    await fetched(house)
    async with house.units() as unit:  # whoever fetches is there, and has a large mail to read
        assert await unit.inboxes.lease(house.inbox.id, owner=FETCHER, now=later(9), until=later(9.5))
    assert await notice_unheard(house.units, now=later(9)) == 0


async def test_an_inbox_that_never_fetched_by_itself_is_not_unheard(house: House) -> None:
    await house.works()
    assert await notice_unheard(house.units, now=later(60)) == 0
