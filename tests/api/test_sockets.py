"""The way out of a socket: at once where it can be, in order always, and bounded for who does not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from inbox.api.outlet import AT_ONCE, Outlet, OutletClosed
from inbox.api.sockets import Sockets


@dataclass(slots=True)
class Speaker:
    """An application that says what it is given to each socket, and counts what was written at once."""

    says: Sequence[str]
    pause: float = 0.0  # seconds between two
    at_once: int = 0
    late: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        outlet = Outlet(self._counted(scope))
        with suppress(WebSocketDisconnect):
            try:
                async with asyncio.TaskGroup() as group:
                    pump = group.create_task(outlet.pump(socket.send_text))
                    await asyncio.sleep(0)
                    for text in self.says:
                        outlet.put(text)
                        await asyncio.sleep(self.pause)
                    self.done.set()
                    await socket.receive()
                    pump.cancel()
            except* OutletClosed:
                await socket.close(4408)

    def _counted(self, scope: Scope) -> Callable[[str], bool]:
        write = scope["extensions"][AT_ONCE]["send"]

        def counted(text: str) -> bool:
            written: bool = write(text)
            self.at_once += written
            self.late += not written
            return written

        return counted


@asynccontextmanager
async def socket_to(app: ASGIApp) -> AsyncIterator[ClientConnection]:
    config = uvicorn.Config(app, port=0, ws=Sockets, ws_per_message_deflate=False, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the test's signals stay its own
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None) as client:
            yield client
        server.should_exit = True
        await serving


async def test_what_is_written_at_once_arrives_whole_whatever_its_length() -> None:
    texts = ["", "ü", "🎉" * 40, "a" * 125, "b" * 126, "c" * 65_535, "d" * 65_536]
    speaker = Speaker(texts, pause=0.01)
    async with socket_to(speaker) as client, asyncio.timeout(10):
        heard = [await client.recv() for _ in texts]

    assert heard == texts
    assert speaker.at_once == len(texts)


async def test_a_reader_who_falls_behind_hears_everything_in_order() -> None:
    texts = [f"{n} " + "x" * 30_000 for n in range(400)]
    speaker = Speaker(texts)
    async with socket_to(speaker) as client, asyncio.timeout(20):
        await speaker.done.wait()
        heard = [await client.recv() for _ in texts]

    assert heard == texts
    assert speaker.at_once
    assert speaker.late


async def test_a_reader_who_never_reads_is_cut_off_instead_of_filling_the_memory() -> None:
    speaker = Speaker(["x" * 30_000] * 2_000)
    async with socket_to(speaker) as client, asyncio.timeout(20):
        await speaker.done.wait()
        heard = 0
        with suppress(ConnectionClosed):
            while await client.recv():
                heard += 1

    assert client.close_code == 4408
    assert heard < 1_500


async def test_nothing_overtakes_what_waits() -> None:
    written: list[str] = []
    takes = asyncio.Event()

    async def send(text: str) -> None:
        await takes.wait()
        written.append(text)

    def at_once(text: str) -> bool:
        if takes.is_set():
            written.append(text)
        return takes.is_set()

    outlet = Outlet(at_once)
    async with asyncio.TaskGroup() as group:
        pump = group.create_task(outlet.pump(send))
        await asyncio.sleep(0)
        for text in ("first", "second"):
            outlet.put(text)
            await asyncio.sleep(0)  # the pump waits with the first in its hand
        takes.set()
        outlet.put("third")
        await asyncio.sleep(0.01)
        outlet.put("fourth")
        pump.cancel()

    assert written == ["first", "second", "third", "fourth"]
