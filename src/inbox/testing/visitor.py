"""A visitor of a chat as tests and the demo's crowd need one: over a real websocket, with the widget's own outbox.

async with visitor("ws://127.0.0.1:8000", inbox_id, origin="https://crowd.example") as mia:
await mia.say("Hello?")
answer = await mia.hears("May")
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

_ACK_TIMEOUT = 10.0  # seconds until an unconfirmed message is said again over a new connection
_HEARTBEAT = 20.0  # seconds
_LONGEST_PAUSE = 2.0  # seconds between two tries to connect
T = TypeVar("T")
_FINAL = frozenset({4400, 4402, 4403, 4404, 4413})


class Refused(Exception):
    """The service closed the chat for good."""

    code = "refused"

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"The chat was closed: {status} {reason}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Said:
    """A message that the service confirmed."""

    client_id: str
    text: str
    id: str
    seq: int
    ticket: str | None


@dataclass(slots=True)
class Pending:
    """A message that it has not confirmed yet."""

    client_id: str
    text: str
    acked: asyncio.Future[Said]
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class Visitor:
    """Somebody who chats: says one thing at a time, comes back by itself, keeps all that it was shown."""

    url: str
    origin: str
    locale: str = "en"
    page: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    identity_token: str | None = None
    session: str | None = None
    ticket: str | None = None
    seen: int = 0  # highest number below which nothing is missing
    messages: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)  # by ticket and seq
    frames: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    refused: Refused | None = None
    _outbox: deque[Pending] = field(default_factory=deque)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)
    _socket: ClientConnection | None = None
    _live: bool = False
    _flying: bool = False  # the first message of the outbox is on its way
    _resume_at: float = 0.0  # when the service takes the refused message, by the loop's clock

    async def say(self, text: str, *, client_id: str | None = None, files: Sequence[str] = ()) -> Said:
        """Say something; return once it is stored, over as many connections as it takes."""
        pending = self.put(text, client_id=client_id, files=files)
        await self._send_first()
        return await pending

    def put(self, text: str, *, client_id: str | None = None, files: Sequence[str] = ()) -> asyncio.Future[Said]:
        """Put something into the outbox and do not wait."""
        acked: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._outbox.append(Pending(client_id or uuid4().hex, text, acked, tuple(files)))
        return acked

    async def hears(self, words: str, *, within: float = 10.0) -> dict[str, Any]:
        """Return the first message of the team that holds these words, waiting for it."""

        def found() -> dict[str, Any] | None:
            said = (m for m in self.messages.values() if m["from"]["side"] == "team" and words in m["text"])
            return next(said, None)

        return await self.until(found, within=within)

    async def frame(self, kind: str, *, within: float = 10.0) -> dict[str, Any]:
        """Return the first frame of a kind, waiting for it."""
        return await self.until(lambda: next((f for f in self.frames if f["type"] == kind), None), within=within)

    async def until(self, found: Callable[[], T | None], *, within: float = 10.0) -> T:
        """Wait until `found` returns something, looking after every frame; raise Refused once that cannot be."""
        async with asyncio.timeout(within), self._more:
            while (result := found()) is None:
                if self.refused is not None:
                    raise self.refused
                await self._more.wait()
        return result

    async def send(self, kind: str, **fields: object) -> None:
        """Send a frame as it is, if there is a connection."""
        if self._socket is not None:
            await self._socket.send(orjson.dumps({"type": kind, **fields}).decode())

    async def drop(self) -> None:
        """Lose the connection without a word, as a train does in a tunnel."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Stay connected until cancelled or refused for good."""
        attempt = 0
        while self.refused is None:
            try:
                await self._visit()
                attempt = 0
            except ConnectionClosed as closed:
                self._closed(closed)
            except (OSError, InvalidHandshake, TimeoutError):
                attempt += 1
            finally:
                self._live, self._socket = False, None
            await self._tell()
            await asyncio.sleep(random.random() * min(_LONGEST_PAUSE, 0.05 * 2**attempt))  # noqa: S311 - no secret

    async def _visit(self) -> None:
        async with connect(self.url, origin=Origin(self.origin), compression=None) as socket:
            self._socket = socket
            self.connections += 1
            await socket.send(orjson.dumps(self._hello()).decode())
            while True:
                await self._send_first()
                if (text := await self._received(socket)) is not None:
                    await self._heard(orjson.loads(text))

    async def _received(self, socket: ClientConnection) -> str | bytes | None:
        """Return the next frame; None when it is time to say a refused message again, or to give a sign of life."""
        pause = self._resume_at - asyncio.get_running_loop().time()
        if self._flying:
            async with asyncio.timeout(_ACK_TIMEOUT):
                return await socket.recv()
        try:
            async with asyncio.timeout(pause if self._outbox and pause > 0 else _HEARTBEAT):
                return await socket.recv()
        except TimeoutError:
            await self.send("ping")
            return None

    def _hello(self) -> dict[str, Any]:
        hello: dict[str, Any] = {"type": "hello", "locale": self.locale, "page": dict(self.page)}
        if self.session:
            hello["session"] = self.session
        if self.identity_token:
            hello["identity_token"] = self.identity_token
        if self.ticket:
            hello |= {"ticket": self.ticket, "since": self.seen}
        if self.form:
            hello["form"] = dict(self.form)
        return hello

    async def _heard(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        match frame["type"]:
            case "welcome":
                self._welcomed(frame)
            case "ticket":
                self.ticket, self.seen = frame["ticket"], 0
            case "history":
                for message in frame["messages"]:
                    self._keep(message)
            case "message" | "update":
                await self._numbered(frame)
            case "ack":
                self._acked(frame)
            case "error":
                self._refused(frame)
        await self._tell()

    def _welcomed(self, frame: dict[str, Any]) -> None:
        self._live, self._flying = True, False
        self.session, self.ticket, self.seen = frame["session"], frame.get("ticket"), frame["since"]
        self.identity_token = None  # the session speaks for them from now on

    async def _numbered(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "message":
            self._keep(frame)
        if frame["seq"] == self.seen + 1:
            self.seen += 1
        elif frame["seq"] > self.seen:
            await self.drop()  # something is missing: ask for it again

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages[(self.ticket or "", message["seq"])] = message

    def _acked(self, frame: dict[str, Any]) -> None:
        first = self._settled(frame["client_id"])
        if first is not None and not first.acked.done():
            first.acked.set_result(Said(first.client_id, first.text, frame["id"], frame["seq"], self.ticket))

    def _refused(self, frame: dict[str, Any]) -> None:
        """Wait where the service asks to; what it will never take is given up."""
        if "retry_after" in frame:
            self._flying = False
            self._resume_at = asyncio.get_running_loop().time() + frame["retry_after"]
            return
        first = self._settled(frame.get("client_id"))
        if first is not None and not first.acked.done():
            first.acked.set_exception(Refused(0, frame["code"]))

    def _settled(self, client_id: str | None) -> Pending | None:
        if not self._outbox or self._outbox[0].client_id != client_id:
            return None
        self._flying = False
        return self._outbox.popleft()

    async def _send_first(self) -> None:
        """Send the oldest unconfirmed message, unless it is on its way: the next one waits for its confirmation."""
        due = asyncio.get_running_loop().time() >= self._resume_at
        if not (self._live and self._outbox and due) or self._flying:
            return
        self._flying = True
        first = self._outbox[0]
        try:
            files = {"attachments": first.files} if first.files else {}
            await self.send("message", client_id=first.client_id, text=first.text, **files)
        except ConnectionClosed:
            return  # said again after the next welcome

    def _closed(self, closed: ConnectionClosed) -> None:
        status = closed.rcvd.code if closed.rcvd else 1006
        if status == 4401:
            self.session = None
        elif status in _FINAL:
            self.refused = Refused(status, closed.rcvd.reason if closed.rcvd else "")
            for pending in self._outbox:
                pending.acked.set_exception(self.refused)

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def visitor(
    service: str,
    inbox_id: object,
    *,
    origin: str,
    **fields: Any,  # noqa: ANN401 - the fields of Visitor
) -> AsyncIterator[Visitor]:
    """Bring a visitor to the chat of an inbox, and keep them there until the block ends.

    Args:
        service: where it is, as `ws://host:port`.
        inbox_id: the chat inbox.
        origin: the site that they are on.
        fields: what else is known of them; see `Visitor`.
    """
    guest = Visitor(f"{service}/chat/{inbox_id}", origin, **fields)
    async with asyncio.TaskGroup() as tasks:
        stay = tasks.create_task(guest.run())
        try:
            yield guest
        finally:
            stay.cancel()
