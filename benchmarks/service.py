"""The service as a customer has it: `inbox serve` in an empty folder, set up by its link and its API."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from benchmarks.processes import Program, free_port, running
from benchmarks.wire import Http, Socket, request
from inbox.channel.webhooks import Webhooks, new_secret
from inbox.domain.ids import new_id

_PASSWORD = "a benchmark signs in once"  # noqa: S105 - of a service that lives for a minute
_LINK = re.compile(r"#/setup/(\S+)")


@dataclass(slots=True)
class Site:
    """A running service with an administrator and an inbox for comments."""

    program: Program
    cookie: str
    inbox_id: str = ""
    secret: str = ""
    campaign_id: str = ""
    others: list[str] = field(default_factory=list)  # inboxes that nothing comes into

    async def call(self, method: str, path: str, content: object = None, *, cookie: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API as the administrator, or with another cookie."""
        return orjson.loads((await _exchange(self.program.port, method, path, content, cookie or self.cookie))[1])

    def comment(self, event: dict[str, Any]) -> bytes:
        """Return the signed request that brings a comment."""
        body = orjson.dumps(event)
        headers = Webhooks(SecretStr(self.secret)).headers(f"msg_{new_id().hex}", body, at=datetime.now(UTC))
        return request("POST", f"/hooks/{self.inbox_id}", body, headers)


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Serve from an empty folder; the administrator is there and the inboxes are made."""
    async with serving(folder) as program:
        yield await _set_up(program)


@asynccontextmanager
async def serving(
    folder: Path, *, environ: dict[str, str] | None = None, cluster: Path | None = None
) -> AsyncIterator[Program]:
    """Run `inbox serve` on the data in a folder, with its own database unless another one is named."""
    port = free_port()
    environ = {
        "INBOX_DATA_DIR": str(folder / "data"),
        "INBOX_PORT": str(port),
        "INBOX_LOG_LEVEL": "error",
        **(environ or {}),
    }
    cluster = cluster or folder / "data" / "pg" / "cluster"
    output = folder / "service.log"
    inbox = str(Path(sys.executable).with_name("inbox"))
    async with running([inbox, "serve"], port=port, cluster=cluster, output=output, environ=environ) as program:
        yield program


@asynccontextmanager
async def site_on(folder: Path, dsn: str) -> AsyncIterator[Site]:
    """Serve on a database of its own in `folder/ours`, with mail servers on this machine."""
    environ = {"INBOX_DATABASE_URL": dsn, "INBOX_HTTP_ALLOW": "127.0.0.1"}
    async with serving(folder, environ=environ, cluster=folder / "ours" / "pg" / "cluster") as program:
        yield await _set_up(program)


async def _set_up(program: Program) -> Site:
    link = _LINK.search(program.output.read_text())
    assert link is not None
    person = {"name": "Ada", "email": "ada@crowd.example", "password": _PASSWORD}
    first = await _exchange(program.port, "POST", "/api/v1/setup", {"token": link[1], "start": "empty", **person})
    made = Site(program, first[0])
    made.secret = new_secret().get_secret_value()
    made.inbox_id = await _inbox(made, "Comments", made.secret)
    made.others = [await _inbox(made, f"Other {n}", new_secret().get_secret_value()) for n in range(3)]
    made.campaign_id = (await made.call("POST", "/api/v1/campaigns", {"key": "lumi", "name": "Lumi"}))["id"]
    return made


async def _inbox(made: Site, name: str, secret: str) -> str:
    new = {"channel": "comments", "name": name, "config": {"secret": secret}}
    found: str = (await made.call("POST", "/api/v1/inboxes", new))["id"]
    return found


async def hire(at: Site, number: int, *, blind: int = 0) -> list[str]:
    """Invite managers of differing grants and return their cookies; the last `blind` may not see the inbox."""
    grants: list[Sequence[str] | None] = [None, [at.inbox_id], [at.inbox_id, *at.others]]
    cookies = []
    for n in range(number):
        inboxes = at.others if n >= number - blind else grants[n % len(grants)]
        campaigns = [at.campaign_id] if n % 2 else None
        invitation = {"email": f"m{n}@crowd.example", "name": f"M {n}", "inboxes": inboxes, "campaigns": campaigns}
        invited = await at.call("POST", "/api/v1/managers/invite", invitation)
        token = invited["link"].rpartition("/")[2]
        accepted = {"token": token, "password": _PASSWORD}
        # Each from an address of their own, as people come: how often one may try is limited.
        sender = f"127.0.1.{n + 1}"
        cookies.append((await _exchange(at.program.port, "POST", "/api/v1/links/accept", accepted, sender=sender))[0])
    return cookies


class Desk:
    """A manager's screen: counts the frames of events, and remembers the last."""

    def __init__(self) -> None:
        self.frames = 0
        self.last = b""
        self.came_at = 0.0
        self.welcome = asyncio.Event()

    def hear(self, at: float, payload: bytes) -> None:
        """Take a frame."""
        if payload.startswith(b'{"type":"events"'):
            self.frames += 1
            self.last = payload
            self.came_at = at
        elif payload.startswith(b'{"type":"welcome"'):
            self.welcome.set()

    async def open(self, port: int, cookie: str) -> Socket:
        """Open the screen and wait until it follows."""
        socket = await Socket.connect(port, "/api/v1/live", self.hear, cookie)
        socket.say({"type": "hello", "since": None})
        async with asyncio.timeout(30):
            await self.welcome.wait()
        return socket


async def _exchange(
    port: int, method: str, path: str, content: object, cookie: str = "", *, sender: str = "127.0.0.1"
) -> tuple[str, bytes]:
    """Ask once over a connection of its own; return the cookie that is set, and the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(sender, 0))
    body = orjson.dumps(content) if content is not None else b""
    writer.write(request(method, path, body, {"cookie": cookie, "connection": "close"}))
    head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head[9:10] == b"2", (head, answer)
    found = re.search(rb"set-cookie: ([^;]+)", head, re.IGNORECASE)
    return (found[1].decode() if found else ""), answer


async def keep_alive(sockets: Sequence[Socket]) -> None:
    """Ping as screens do, for ever."""
    while True:
        await asyncio.sleep(20)
        for socket in sockets:
            socket.say({"type": "ping"})


async def connections(port: int, number: int) -> list[Http]:
    """Open connections to a program."""
    return [await Http.connect(port) for _ in range(number)]
