"""Pictures of messages: by signed addresses, and from afar only when somebody wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from inbox.channel.model import File
from inbox.domain.ids import MessageId, TicketId
from inbox.domain.pictures import Picture
from inbox.keeper import BlobKeeper
from tests.api.conftest import House
from tests.api.world import World, build
from tests.domain.test_pictures import PNG

AFAR = "https://lamps.example/a.png?x=1&y=2"
HTML = f'<p>Hallo</p><img src="cid:lamp@x"><img data-remote-src="{AFAR.replace("&", "&amp;")}"><img width="1">'


@dataclass(slots=True)
class Far:
    """Pictures that are elsewhere."""

    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> tuple[Picture, bytes]:
        self.asked.append(url)
        return Picture("image/png", 600, 40), PNG


@dataclass(slots=True)
class Mail:
    """A message with a picture of its own and one from afar."""

    world: World
    far: Far
    at: str

    async def get(self, path: str = "", **query: Any) -> httpx.Response:
        return await self.world.admin.get(self.at + path, params=query)

    async def choose(self, *, always: bool) -> httpx.Response:
        return await self.world.admin.put(self.at + "/pictures", json={"always": always})

    async def sources(self, **query: Any) -> list[str]:
        page = (await self.get("/page", **query)).text
        return [unescape(src) for src in re.findall(r'\ssrc="([^"]+)"', page)]


@pytest.fixture
async def mail(house: House) -> Mail:
    return await with_mail(house)


async def with_mail(house: House, *, file: bytes = PNG, **more: Any) -> Mail:
    world, far = await build(house), Far()
    house.app.state.services = replace(house.app.state.services, pictures=far)
    ticket_id, message_id = TicketId(UUID(world.ids["ticket_id"])), MessageId(UUID(world.ids["said"]))
    kept = await BlobKeeper(house.app.state.services.blobs).keep(File("a.png", file, content_id="lamp@x", inline=True))
    async with house.units() as unit:
        message = await unit.messages.find(ticket_id, message_id)
        await unit.messages.add_upload(kept, None)
        changes = {"html": HTML, "attachments": (kept,), "meta": {"from": "Lamps@Example.org"}} | more
        await unit.messages.save(replace(message, **changes))
    return Mail(world, far, f"/api/v1/tickets/{ticket_id}/messages/{message_id}")


async def test_a_picture_that_came_along_is_seen_by_its_address_alone(house: House, mail: Mail) -> None:
    (own,) = await mail.sources()
    stranger = await house.nobody()
    shown = await stranger.get(own)
    listed = (await mail.world.admin.get(mail.at.rpartition("/")[0])).json()["items"][0]["html"]

    assert shown.content == PNG
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline")
    assert unescape(re.search(r'src="([^"]+)"', listed)[1]) == own  # type: ignore[index]  # it is there
    assert mail.far.asked == []


async def test_an_address_is_of_one_picture_and_for_a_while(house: House, mail: Mail) -> None:
    (own,) = await mail.sources()
    afar = (await mail.sources(pictures=True))[1]
    stranger = await house.nobody()
    other = own.replace(str(UUID(own.split("/")[2].split("?")[0])), mail.world.ids["attachment_id"])
    longer = re.sub(r"until=\d+", "until=9999999999", own)
    elsewhere = re.sub(r"remote/[\w-]+", "remote/aHR0cDovL2V2aWwuZXhhbXBsZS8", afar)
    refused = [(await stranger.get(each)).status_code for each in (other, longer, elsewhere, own[:-1])]
    house.clock.advance(timedelta(hours=4))
    late = [(await stranger.get(each)).status_code for each in (own, afar)]

    assert refused == [404] * 4
    assert late == [404] * 2
    assert mail.far.asked == []


async def test_what_only_says_that_it_is_a_picture_is_a_download(house: House) -> None:
    mail = await with_mail(house, file=b"<svg onload=alert(1)>")
    (own,) = await mail.sources()
    answer = await (await house.nobody()).get(own)

    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_pictures_from_afar_come_through_us_once_they_are_wanted(house: House, mail: Mail) -> None:
    _, afar = await mail.sources(pictures=True)
    before = list(mail.far.asked)
    answer = await (await house.nobody()).get(afar)

    assert before == []
    assert afar.startswith("/pictures/remote/")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert mail.far.asked == [AFAR]


async def test_who_is_chosen_is_fetched_until_somebody_changes_their_mind(mail: Mail) -> None:
    first = (await mail.get("/pictures")).json()
    chosen = (await mail.choose(always=True)).json()
    with_all = len(await mail.sources())
    again = (await mail.choose(always=False)).json()

    assert first == {"held_back": 1, "sender": "lamps@example.org", "always": False}
    assert chosen == first | {"always": True}
    assert again == first
    assert (with_all, len(await mail.sources())) == (2, 1)


@pytest.mark.parametrize("doubt", [{"unverified": True}, {"meta": {"from": "lamps@example.org", "doubted": True}}])
async def test_who_may_be_somebody_else_is_never_chosen(house: House, doubt: dict[str, Any]) -> None:
    mail = await with_mail(house, **doubt)
    async with house.units() as unit:
        await unit.pictures.trust("lamps@example.org", always=True, now=house.clock())

    assert (await mail.choose(always=True)).status_code == 422
    assert (await mail.get("/pictures")).json()["sender"] is None
    assert len(await mail.sources()) == 1


async def test_whose_pictures_are_fetched_can_be_seen_and_changed(house: House, mail: Mail) -> None:
    admin, places = mail.world.admin, "/api/v1/picture-senders"
    await mail.choose(always=True)
    async with house.units() as unit:
        await unit.pictures.trust("z@example.org", always=True, now=house.clock())
    first = (await admin.get(places, params={"limit": 1})).json()
    rest = (await admin.get(places, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    gone = [(await admin.delete(f"{places}/Lamps@example.org")).status_code for _ in range(2)]

    assert [each["address"] for each in (*first["items"], *rest["items"])] == ["lamps@example.org", "z@example.org"]
    assert rest["next_cursor"] is None
    assert gone == [204, 404]
    assert len(await mail.sources()) == 1
