"""A chat service on a real socket and a real database, and what its tests do at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from inbox.api.app import create_app
from inbox.api.edge import Edge
from inbox.api.services import Services
from inbox.api.visitor_limits import Limits
from inbox.app.change import Wish, change
from inbox.app.follow import Follower
from inbox.app.presence import set_availability
from inbox.app.reply import Desk, Draft, note, reply
from inbox.bootstrap import web_folder
from inbox.channel.host import Host
from inbox.channel.model import File
from inbox.channel.registry import Channels
from inbox.domain.ids import AttachmentId, InboxId, ManagerId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from inbox.domain.message import Message
from inbox.domain.ticket import State, Ticket
from inbox.secrets import Vault
from inbox.store.database import engine_for
from inbox.store.stream import current_epoch
from inbox.store.unit_of_work import Units, utc_now
from inbox.testing.fakes import FakeDialer, MemoryLog, RecordingHttp
from inbox.testing.visitor import Visitor, visitor
from inbox_chat import ChatChannel
from inbox_comments import CommentsChannel
from inbox_email import EmailChannel
from tests.api.composition import composed

SITE = "https://crowd.example"
PUBLIC_URL = "https://desk.example"
CHANNELS: Channels = {"chat": ChatChannel(), "comments": CommentsChannel(), "email": EmailChannel()}


@dataclass(slots=True)
class ChatService:
    """The service, its manager Tom, and its chat inbox."""

    url: str
    services: Services
    tom: Manager
    inbox: Inbox
    app: FastAPI

    def visit(self, **fields: Any) -> Any:
        """Bring a visitor to the inbox."""
        return visitor(self.url, fields.pop("inbox_id", self.inbox.id), **{"origin": SITE, **fields})

    async def add_inbox(self, channel: str = "chat", **config: Any) -> Inbox:
        """Store another inbox."""
        values = {"sites": [SITE], **config} if channel == "chat" else config
        async with self.services.units() as unit:
            return await unit.inboxes.add(Inbox(InboxId(new_id()), channel, channel, values))

    async def tickets(self) -> list[Ticket]:
        """Return every ticket, oldest first."""
        async with self.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own Units
            ids = await session.driver.fetch("select id from tickets order by created_at")
        async with self.services.units.reading() as unit:
            return [await unit.tickets.find(TicketId(row["id"]), EVERYTHING) for row in ids]

    async def ticket(self) -> Ticket:
        """Return the one ticket that there is."""
        (only,) = await self.tickets()
        return only

    async def messages(self, ticket: Ticket) -> list[Message]:
        """Return a ticket's messages in order."""
        async with self.services.units.reading() as unit:
            return await unit.messages.since(ticket.id, 0)

    async def answer(self, text: str, *, solve: bool = False, file: bytes | None = None) -> Message:
        """Let Tom answer the newest ticket."""
        ticket = (await self.tickets())[-1]
        opened = await self.services.inboxes.get(ticket.inbox_id)
        uploads = (await self.upload(file),) if file is not None else ()
        draft = Draft(text, last_seen=0, solve=solve, send_anyway=True, uploads=uploads)
        async with self.services.units() as unit:
            desk = Desk(self.tom, EVERYTHING, self.services.blobs)
            _, message = await reply(unit, desk, ticket.id, draft, opened, now=utc_now())
        return message

    async def note(self, text: str, *, file: bytes | None = None) -> Message:
        """Let Tom write a note to the newest ticket."""
        ticket = (await self.tickets())[-1]
        uploads = (await self.upload(file),) if file is not None else ()
        async with self.services.units() as unit:
            desk = Desk(self.tom, EVERYTHING, self.services.blobs)
            _, written = await note(unit, desk, ticket.id, Draft(text, last_seen=0, uploads=uploads), now=utc_now())
        return written

    async def upload(self, data: bytes) -> AttachmentId:
        """Let Tom upload a file for his next message."""
        attachment = await self.services.door.keeper.keep(File("invoice.html", data))
        async with self.services.units() as unit:
            await unit.messages.add_upload(attachment, self.tom.id)
        return attachment.id

    async def turn(self, state: State) -> None:
        """Let Tom change the state of the newest ticket."""
        ticket = (await self.tickets())[-1]
        async with self.services.units() as unit:
            await change(unit, ticket.id, Wish(ticket.version, state=state), EVERYTHING, live=True, now=utc_now())

    async def be(self, availability: Availability) -> None:
        """Let Tom come or go."""
        async with self.services.units() as unit:
            tom = await unit.managers.find(self.tom.id)
            await set_availability(unit, tom, availability, now=utc_now())


async def eventually(is_true: Callable[[], bool | Awaitable[bool]], *, within: float = 5.0) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(within):
        while not (result if isinstance(result := is_true(), bool) else await result):  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(dsn: str, vault: Vault, folder: Path, limits: Limits) -> AsyncIterator[ChatService]:
    """Run the service until the block ends."""
    engine = engine_for(dsn, pool=8)
    units = Units(engine, vault, epoch=1, on_commit=lambda: follower.wake())  # noqa: PLW0108 - the follower comes below
    async with units.session() as session:
        units.epoch = await current_epoch(session)
    follower = Follower(units)
    edge = Edge(PUBLIC_URL, web=web_folder())
    services = composed(units, folder, channels=CHANNELS, host_for=_host, clock=utc_now, edge=edge, follower=follower)
    await follower.start()
    app = create_app(services)
    app.state.visitor_limits = limits
    server = uvicorn.Server(_config(app))
    async with asyncio.TaskGroup() as group:
        following = group.create_task(follower.run())
        running = group.create_task(server.serve())
        await eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield await _furnished(f"ws://127.0.0.1:{port}", services, app)
        server.should_exit = server.force_exit = True
        await running
        following.cancel()
    await services.inboxes.close()
    await engine.dispose()


def _host(inbox_id: InboxId) -> Host:
    return Host(inbox_id, RecordingHttp(), FakeDialer(), utc_now, MemoryLog(), b"key" * 12, PUBLIC_URL)


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app, host="127.0.0.1", port=0, ws="websockets-sansio", ws_max_size=64 * 1024, ws_per_message_deflate=False,
        log_level="error", lifespan="off",
    )  # fmt: skip


async def _furnished(url: str, services: Services, app: FastAPI) -> ChatService:
    tom = Manager(
        ManagerId(new_id()), "tom@example.org", "Tom", Role.LEAD, availability=Availability.ONLINE, access=EVERYTHING
    )
    async with services.units() as unit:
        tom = await unit.managers.add(tom)
        inbox = await unit.inboxes.add(Inbox(InboxId(new_id()), "chat", "Chat", {"sites": [SITE]}))
    return ChatService(url, services, tom, inbox, app)


__all__ = ["SITE", "ChatService", "Visitor", "eventually", "serving"]
