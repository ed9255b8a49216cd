"""A manager's screen: what it is told, what it is not, and that it is right after any disconnect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx2 as httpx
import orjson
import pytest
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from inbox.api import live
from inbox.api.auth import callers_of
from inbox.api.services import Services
from inbox.app.passwords import hash_password
from inbox.app.presence import set_availability
from inbox.domain.credentials import hash_of, new_token
from inbox.domain.ids import InboxId, ManagerId, new_id
from inbox.domain.manager import EVERYTHING, Access, Availability, Manager, Role
from inbox.store.unit_of_work import utc_now
from inbox.testing.hooks import comment_event, signed_call
from inbox.testing.serving import Serving, serving
from inbox.testing.visitor import visitor

SITE = "https://crowd.example"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(slots=True)
class Person:
    """A manager with a browser."""

    http: httpx.AsyncClient
    cookie: str
    live_url: str
    manager: Manager

    @asynccontextmanager
    async def screen(self, since: str | None = None) -> AsyncIterator[Screen]:
        headers = {"cookie": f"inbox={self.cookie}", "origin": self.live_url.replace("ws", "http").rsplit("/api", 1)[0]}
        async with connect(self.live_url, additional_headers=headers) as socket:
            await socket.send(orjson.dumps({"type": "hello", "since": since}).decode())
            welcome = orjson.loads(await socket.recv())
            yield Screen(socket, welcome["position"])


@dataclass(slots=True)
class Screen:
    """What a screen knows: fed by events alone."""

    socket: ClientConnection
    position: str
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self, kind: str, *, within: float = 5) -> dict[str, Any]:
        """Read frames until an event of a type came."""
        async with asyncio.timeout(within):
            while True:
                frame = orjson.loads(await self.socket.recv())
                self._apply(frame)
                for event in frame.get("items", []):
                    if event["type"] == kind:
                        return dict(event)

    async def settle(self) -> None:
        """Read whatever is under way."""
        try:
            while True:
                async with asyncio.timeout(0.3):
                    self._apply(orjson.loads(await self.socket.recv()))
        except TimeoutError:
            return

    def _apply(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        for event in frame.get("items", []):
            self.position = event["position"]
            ticket = event["data"].get("ticket")
            if ticket and ticket["version"] > self.tickets.get(ticket["id"], {"version": 0})["version"]:
                self.tickets[ticket["id"]] = ticket


@pytest.fixture
async def service(dsn: str, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(dsn, tmp_path) as running:
        yield running


@pytest.fixture
async def ada(service: Serving) -> AsyncIterator[Person]:
    async with signed_in(service, "Ada", Role.ADMIN) as person:
        yield person


@asynccontextmanager
async def signed_in(
    service: Serving, name: str, role: Role = Role.MANAGER, *, access: Access = EVERYTHING
) -> AsyncIterator[Person]:
    units, token = service.service.services.units, new_token()
    proof = await hash_password("correct horse battery")
    async with units() as unit:
        wanted = Manager(ManagerId(new_id()), f"{name}@x.example", name, role, access=access)
        manager = await unit.managers.add(wanted)
        await unit.auth.set_password(manager.id, proof)
        now = service.service.services.clock()
        await unit.auth.open_session(hash_of(token), manager.id, proof=proof, agent=None, now=now)
    headers = {"origin": service.url, "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(base_url=service.url, cookies={"inbox": token}, headers=headers) as http:
        yield Person(http, token, service.live_url, manager)


@pytest.fixture
async def blog(ada: Person) -> str:
    """The id of a comments inbox."""
    body = {"channel": "comments", "name": "Blog", "config": {"secret": SECRET}}
    answer = await ada.http.post("/api/v1/inboxes", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def post(service: Serving, inbox_id: str, comment_id: str, **fields: Any) -> int:
    """Send a signed comment as the platform does."""
    now = service.service.services.clock()
    call = signed_call(
        comment_event(comment_id, at=now, **fields), secret=SECRET, at=now, message_id=f"msg_{comment_id}"
    )
    async with httpx.AsyncClient(base_url=service.url) as platform:
        answer = await platform.post(f"/hooks/{inbox_id}", content=call.body, headers=dict(call.headers))
    return answer.status_code


async def test_a_comment_is_on_the_screen_at_once(service: Serving, ada: Person, blog: str) -> None:
    async with ada.screen() as screen:
        assert await post(service, blog, "c-1", text="Wann kommt die Lampe?") == 202
        event = await screen.hear("message.received")

    assert event["data"]["message"]["text"] == "Wann kommt die Lampe?"
    assert event["data"]["ticket"]["channel"] == "comments"


async def test_a_screen_fed_by_events_equals_one_read_afresh(service: Serving, ada: Person, blog: str) -> None:
    async with ada.screen() as screen:
        for n in range(5):
            assert await post(service, blog, f"c-{n}", thread=f"t-{n % 3}", author=f"u-{n}") == 202
        listed = (await ada.http.get("/api/v1/tickets?view=all")).json()["items"]
        first = listed[0]
        path = f"/api/v1/tickets/{first['id']}"
        assert (await ada.http.post(f"{path}/claim")).status_code == 200
        await ada.http.post(f"{path}/messages", json={"kind": "note", "text": "intern"})
        seen = (await ada.http.get(path)).json()
        body = {"kind": "reply", "text": "Bald!", "last_seen": seen["last_seq"], "solve": True}
        assert (await ada.http.post(f"{path}/messages", json=body)).status_code == 201
        other = (await ada.http.get(f"/api/v1/tickets/{listed[1]['id']}")).json()
        change = {"version": other["version"], "priority": 3, "tags": ["eilig"]}
        assert (await ada.http.patch(f"/api/v1/tickets/{other['id']}", json=change)).status_code == 200
        await asyncio.sleep(0.5)
        await screen.settle()
    afresh = (await ada.http.get("/api/v1/tickets?view=all")).json()["items"]

    assert {t["id"]: t for t in afresh} == screen.tickets


async def test_what_was_missed_comes_first_and_nothing_twice(service: Serving, ada: Person, blog: str) -> None:
    async with ada.screen() as screen:
        await post(service, blog, "c-1")
        await screen.hear("message.received")
        left_at = screen.position
    for n in range(2, 6):
        assert await post(service, blog, f"c-{n}") == 202
    async with ada.screen(since=left_at) as screen:
        await post(service, blog, "c-6")
        await screen.settle()
        received = [
            event["data"]["message"]["external_id"]
            for frame in screen.frames
            for event in frame.get("items", [])
            if event["type"] == "message.received"
        ]

    assert received == ["c-2", "c-3", "c-4", "c-5", "c-6"]


async def test_nobody_is_told_of_an_inbox_that_they_may_not_see(service: Serving, ada: Person, blog: str) -> None:
    elsewhere = Access(inboxes=frozenset({InboxId(new_id())}))
    async with signed_in(service, "Eve", access=elsewhere) as eve, eve.screen() as screen, ada.screen() as hers:
        await post(service, blog, "c-1", text="geheim")
        await hers.hear("message.received")
        await screen.settle()

        assert "geheim" not in repr(screen.frames)
        listed = (await eve.http.get("/api/v1/events")).text
        assert "geheim" not in listed


async def test_a_screen_of_another_age_is_told_to_fetch_everything(ada: Person) -> None:
    async with ada.screen(since="77.1.1") as screen:
        frame = orjson.loads(await screen.socket.recv())

    assert frame == {"type": "resync"}


async def test_a_deactivated_managers_screen_closes_within_five_seconds(service: Serving, ada: Person) -> None:
    async with signed_in(service, "Eve") as eve, eve.screen() as screen:
        body = {"version": eve.manager.version, "active": False}
        answer = await ada.http.patch(f"/api/v1/managers/{eve.manager.id}", json=body)
        assert answer.status_code == 200, answer.text
        async with asyncio.timeout(5):
            await screen.socket.wait_closed()

    assert screen.socket.close_code == 4401


async def test_a_session_that_ends_after_the_database_was_away_closes_its_screen(
    service: Serving, ada: Person, dsn: str
) -> None:
    async with signed_in(service, "Eve") as eve, eve.screen() as screen:
        await _away(dsn, seconds=3.5)
        body = {"version": eve.manager.version, "active": False}
        assert (await ada.http.patch(f"/api/v1/managers/{eve.manager.id}", json=body)).status_code == 200
        async with asyncio.timeout(5):
            await screen.socket.wait_closed()

    assert screen.socket.close_code == 4401


async def test_a_screen_that_opens_while_sessions_are_looked_at_stays_open(service: Serving, ada: Person) -> None:
    here, screens = service.service.services, live.Screens()
    async with signed_in(service, "Eve") as eve:
        early, late = [await _unconnected(here, person) for person in (ada, eve)]
    screens.add(early)
    async with asyncio.TaskGroup() as group:
        group.create_task(screens.recheck(here))
        await asyncio.sleep(0)
        screens.add(late)

    assert (early.closed, late.closed) == (None, None)


async def _unconnected(here: Services, person: Person) -> live.Screen:
    """Return a screen whose socket nobody holds."""
    (caller,) = (await callers_of(here, [hash_of(person.cookie)])).values()

    async def nobody(*_: object) -> Any:
        raise AssertionError

    return live.Screen(WebSocket({"type": "websocket"}, nobody, nobody), here, caller)


async def _away(dsn: str, *, seconds: float) -> None:
    """Let a database refuse everybody for a while."""
    place, _, rest = dsn.partition("?")
    server, _, name = place.rpartition("/")
    beside = await asyncpg.connect(f"{server}/postgres?{rest}")
    try:
        await beside.execute(f'alter database "{name}" allow_connections false')
        await beside.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        await asyncio.sleep(seconds)
        await beside.execute(f'alter database "{name}" allow_connections true')
    finally:
        await beside.close()


async def test_a_screen_without_a_session_is_refused(service: Serving) -> None:
    async with connect(service.live_url, additional_headers={"origin": service.url}) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_nonsense_on_the_socket_is_answered_and_harms_nobody(ada: Person) -> None:
    async with ada.screen() as screen:
        for nonsense in ['{"type":"viewing"}', '{"type":"typing","ticket_id":"x","on":true}', '{"type":7}', "[]", "{"]:
            await screen.socket.send(nonsense)
            answer = orjson.loads(await screen.socket.recv())
            assert answer["type"] == "error"
        await screen.socket.send('{"type":"ping"}')
        assert orjson.loads(await screen.socket.recv())["type"] == "pong"


async def test_who_closes_their_desk_is_no_longer_seen_at_a_ticket(service: Serving, ada: Person, blog: str) -> None:
    await post(service, blog, "c-1")
    (ticket,) = (await ada.http.get("/api/v1/tickets?view=all")).json()["items"]
    async with signed_in(service, "Eve") as eve, eve.screen() as hers:
        async with ada.screen() as screen:
            await screen.socket.send(orjson.dumps({"type": "viewing", "ticket_id": ticket["id"]}).decode())
            await hers.settle()
        await hers.settle()

    seen = [frame["managers"] for frame in hers.frames if frame["type"] == "viewing"]
    assert seen == [[str(ada.manager.id)], []]


async def test_who_may_not_see_a_campaign_is_not_told_who_types_there(service: Serving, ada: Person, blog: str) -> None:
    await post(service, blog, "c-1")
    (ticket,) = (await ada.http.get("/api/v1/tickets?view=all")).json()["items"]
    campaign = (await ada.http.post("/api/v1/campaigns", json={"key": "p-1", "name": "Solardach"})).json()
    now = (await ada.http.get(f"/api/v1/tickets/{ticket['id']}")).json()["version"]
    change = {"version": now, "campaign_id": campaign["id"]}
    assert (await ada.http.patch(f"/api/v1/tickets/{ticket['id']}", json=change)).status_code == 200
    kept_out = Access(inboxes=None, campaigns=frozenset())
    async with signed_in(service, "Eve", access=kept_out) as eve, eve.screen() as hers, ada.screen() as screen:
        for frame in ({"type": "viewing"}, {"type": "typing", "on": True}):
            await screen.socket.send(orjson.dumps(frame | {"ticket_id": ticket["id"]}).decode())
        await screen.settle()
        await hers.settle()

    assert [frame for frame in hers.frames if frame["type"] in {"viewing", "typing"}] == []


@pytest.mark.parametrize(
    "hello", [b'{"type":"hello"}', b"\x00\xff", '{"type":"hello","since":5}', '{"type":"hello","since":[]}']
)
async def test_a_hello_that_is_none_is_refused_with_a_code(service: Serving, ada: Person, hello: str | bytes) -> None:
    headers = {"cookie": f"inbox={ada.cookie}", "origin": service.url}
    async with connect(service.live_url, additional_headers=headers) as socket:
        await socket.send(hello)
        await socket.wait_closed()

    assert socket.close_code == 4400


async def test_a_binary_frame_is_answered_and_harms_nobody(ada: Person) -> None:
    async with ada.screen() as screen:
        await screen.socket.send(b"\x00\x01")
        assert orjson.loads(await screen.socket.recv()) == {"type": "error", "code": "invalid"}
        await screen.socket.send('{"type":"ping"}')
        assert orjson.loads(await screen.socket.recv())["type"] == "pong"


async def test_whoever_was_only_away_is_back_with_their_screen(service: Serving, ada: Person) -> None:
    units = service.service.services.units
    async with units() as unit:
        manager = await unit.managers.find(ada.manager.id)
        await unit.managers.save(replace(manager, availability=Availability.AWAY))
    async with ada.screen() as screen:
        await screen.hear("manager.changed")
    async with units.reading() as unit:
        assert (await unit.managers.find(ada.manager.id)).availability is Availability.ONLINE


async def test_whoever_chose_to_be_away_stays_so_with_a_new_screen(service: Serving, ada: Person) -> None:
    units = service.service.services.units
    async with units() as unit:
        manager = await unit.managers.find(ada.manager.id)
        await set_availability(unit, manager, Availability.AWAY, now=utc_now())
    async with ada.screen() as screen:
        await screen.settle()
    async with units.reading() as unit:
        assert (await unit.managers.find(ada.manager.id)).availability is Availability.AWAY


async def test_the_visitor_of_a_chat_is_told_what_a_screen_has_shown_and_other_screens_are_not(
    service: Serving, ada: Person
) -> None:
    body = {"channel": "chat", "name": "Chat", "config": {"sites": [SITE]}}
    chat = (await ada.http.post("/api/v1/inboxes", json=body)).json()["id"]
    socket = service.url.replace("http", "ws")
    async with ada.screen() as screen, ada.screen() as other, visitor(socket, chat, origin=SITE) as mia:
        await mia.say("Wann kommt die Lampe?")
        ticket = (await screen.hear("message.received"))["data"]["ticket"]
        for seq in (-1, "x", ticket["last_seq"]):
            frame = {"type": "viewing", "ticket_id": ticket["id"], "seq": seq}
            await screen.socket.send(orjson.dumps(frame).decode())
        read = await mia.frame("read")
        await other.settle()

    assert read == {"type": "read", "seq": 1}
    assert not [frame for frame in other.frames if frame["type"] == "read"]
