"""A manager at work, through the public interface alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

ADMIN = {"name": "Aylin", "email": "aylin@mitmachwerk.example", "password": "correct horse battery", "locale": "de"}
Json = dict[str, Any]


@dataclass(slots=True)
class Screen:
    """What a live desk was shown."""

    events: list[Json] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = orjson.loads(text)
            if frame["type"] == "events":
                async with self._more:
                    self.events += frame["items"]
                    self._more.notify_all()

    async def sees(self, wanted: Callable[[Json], bool], *, within: float = 20.0) -> Json:
        """Return the first event that is wanted, waiting for it."""
        async with asyncio.timeout(within), self._more:
            while (found := next((event for event in self.events if wanted(event)), None)) is None:
                await self._more.wait()
        return found

    async def sees_text(self, text: str, kind: str = "message.received") -> Json:
        """Return the event in which a message with this text came in."""
        return await self.sees(lambda e: e["type"] == kind and text in e["data"].get("message", {}).get("text", ""))


@dataclass(slots=True)
class Desk:
    """A browser that is signed in."""

    url: str
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: Json | None = None, *, key: str | None = None) -> Any:
        """Call the API; what is refused is an error."""
        headers = {"idempotency-key": key or uuid4().hex} if method == "POST" else {}
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def everything(self, path: str) -> list[Json]:
        """Return all items of a list, page by page."""
        items: list[Json] = []
        cursor = ""
        while True:
            joint = "&" if "?" in path else "?"
            page = await self.ask("GET", f"{path}{joint}limit=100{cursor}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    async def sign_up(self, token: str) -> None:
        await self.ask("POST", "/setup", {"token": token, "start": "empty", **ADMIN})

    async def sign_in(self) -> None:
        await self.ask("POST", "/session", {"email": ADMIN["email"], "password": ADMIN["password"]})

    async def invite(self, name: str, colleague: Desk) -> None:
        """Invite somebody who may see everything, and let them come in with their own browser."""
        who = {"name": name, "email": f"{name.lower()}@mitmachwerk.example", "inboxes": None}
        link = (await self.ask("POST", "/managers/invite", who))["link"]
        token = link.rpartition("/")[2]
        await colleague.ask("POST", "/links/accept", {"token": token, "password": ADMIN["password"]})

    async def add_inbox(self, channel: str, **config: object) -> Json:
        """Add an inbox, after the test of its settings that the screen offers."""
        tried = await self.ask("POST", "/inboxes/check", {"channel": channel, "config": config})
        assert tried["ok"], tried
        made: Json = await self.ask("POST", "/inboxes", {"channel": channel, "name": channel, "config": config})
        return made

    async def reply(self, ticket: Json, text: str, *, last_seen: int) -> Json:
        body = {"kind": "reply", "text": text, "last_seen": last_seen}
        made: Json = await self.ask("POST", f"/tickets/{ticket['id']}/messages", body)
        return made

    @asynccontextmanager
    async def live(self, since: str | None = None) -> AsyncIterator[Screen]:
        """Open the live screen."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        address = self.url.replace("http", "ws", 1) + "/api/v1/live"
        headers = {"cookie": cookies, "origin": self.url}
        async with connect(address, additional_headers=headers, proxy=None) as socket:
            await socket.send(orjson.dumps({"type": "hello", "since": since}).decode())
            welcome = orjson.loads(await socket.recv())
            assert welcome["type"] == "welcome", welcome
            screen = Screen()
            async with asyncio.TaskGroup() as group:
                following = group.create_task(screen.follow(socket))
                yield screen
                following.cancel()


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Desk]:
    """Open a browser that nobody has signed in with yet."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=15) as client:
        yield Desk(url, client)
