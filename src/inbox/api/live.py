"""A manager's screen: the event stream over a websocket, from any position on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from inbox.api.auth import Caller, Require, caller_of, callers_of
from inbox.api.events import position_of
from inbox.api.json import encode
from inbox.api.outlet import AT_ONCE, Outlet, OutletClosed, closed_with
from inbox.api.services import Services, services
from inbox.app.follow import Commit, commits_of, missed_since
from inbox.app.presence import Whisper, set_availability
from inbox.domain.events import Position
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.manager import Availability, Role
from inbox.domain.ticket import Ticket
from inbox.errors import InboxError, Invalid, NotFound, NotSignedIn

router = APIRouter()
log = structlog.get_logger()

_HELLO_WITHIN = 5.0  # seconds
_SILENT_AFTER = 60.0  # a screen pings every 20 s; one that stays silent is gone
_RECHECK = 3.0  # seconds between two looks whether the sessions of open screens still hold
_FRAME_LIMIT = 64 * 1024  # characters
_HIGHEST_SEQ = 2**31 - 1
_NOT_SIGNED_IN, _BAD_HELLO = 4401, 4400


class Screen:
    """One open desk."""

    def __init__(self, socket: WebSocket, here: Services, caller: Caller) -> None:
        self.id: UUID = uuid4()
        self.caller = caller
        self._socket = socket
        self._here = here
        self._outlet = Outlet(socket.scope.get("extensions", {}).get(AT_ONCE, {}).get("send"))
        self._shown: Ticket | None = None
        self._replayed: Position | None = None
        self._early: list[Commit] = []

    @property
    def manager_id(self) -> ManagerId:
        """Whose screen it is."""
        return self.caller.me

    async def run(self, since: Position) -> None:
        """Serve the screen until it closes."""
        ends = [self._here.follower.subscribe(self._hear), self._here.presence.listen(self._overhear)]
        self._here.presence.arrive(self.id, self.manager_id)
        try:
            async with asyncio.TaskGroup() as group:
                pump = group.create_task(self._outlet.pump(self._socket.send_text))
                await self._welcome(since)
                await self._listen()
                pump.cancel()
        finally:
            for end in ends:
                end()
            self._leave()

    @property
    def closed(self) -> int | None:
        """With what code it was ended from outside."""
        return self._outlet.closed

    def close(self, code: int) -> None:
        """End the screen from outside."""
        self._outlet.close(code)

    async def _welcome(self, since: Position) -> None:
        """Say where the stream stands, then send what was missed, then what came meanwhile, without a gap."""
        missed = await missed_since(self._here.units, since, self.caller.access) if since.epoch else None
        tip = missed.position if missed else self._here.follower.position
        async with self._here.units.reading() as unit:
            managers = [{"id": str(m.id), "availability": m.availability.value} for m in await unit.managers.all()]
        self._say({"type": "welcome", "position": str(tip), "managers": managers})
        if missed is not None and missed.resync:
            self._say({"type": "resync"})
        for commit in commits_of(missed.events) if missed else []:
            self._outlet.put(commit.frame)
        self._replayed = tip
        for commit in self._early:
            self._hear(commit)
        self._early.clear()
        await self._come_back()

    def _hear(self, commit: Commit) -> None:
        if self._replayed is None:
            self._early.append(commit)
        elif commit.position > self._replayed:
            frame = commit.frame_for(self.caller.access)
            if frame is not None:
                self._outlet.put(frame)

    def _overhear(self, whisper: Whisper) -> None:
        if (
            whisper.screens_too
            and self.caller.access.sees(whisper.inbox_id, whisper.campaign_id)
            and whisper.frame.get("screen") != str(self.id)
        ):
            self._say({name: value for name, value in whisper.frame.items() if name != "screen"})

    async def _listen(self) -> None:
        while self._outlet.closed is None:
            try:
                async with asyncio.timeout(_SILENT_AFTER):
                    frame = await received(self._socket)
                await self._answer(frame)
            except TimeoutError:
                return
            except InboxError as error:
                self._say({"type": "error", "code": error.code})

    async def _answer(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"type": "ping"}:
                self._say({"type": "pong", "position": str(self._here.follower.position)})
            case {"type": "viewing", "ticket_id": str() | None as ticket_id}:
                await self._view(ticket_id)
                await self._saw(ticket_id, frame.get("seq"))
            case {"type": "typing", "ticket_id": str(ticket_id), "on": bool(on)}:
                await self._typing(ticket_id, on=on)
            case {"type": "presence", "availability": str(availability)} if availability in set(Availability):
                await self._be(Availability(availability))
            case {"type": "subscribe" | "ack" | "hello"}:
                return
            case _:
                raise Invalid

    async def _view(self, ticket_id: str | None) -> None:
        before, shown = self._shown, None if ticket_id is None else await self._find(ticket_id)
        self._shown = shown
        self._here.presence.view(self.id, shown.id if shown else None)
        for ticket in (before, shown):
            if ticket is not None and (before is None or shown is None or before.id != shown.id):
                self._tell_viewers(ticket)

    async def _find(self, ticket_id: str) -> Ticket:
        async with self._here.units.reading() as unit:
            return await unit.tickets.find(_id(ticket_id), self.caller.access)

    async def _saw(self, ticket_id: str | None, seq: object) -> None:
        """Let the visitor of a chat see that their words were read."""
        if ticket_id is None or not isinstance(seq, int) or not 0 < seq <= _HIGHEST_SEQ:
            return
        async with self._here.units() as unit:
            ticket = await unit.tickets.find(_id(ticket_id), self.caller.access)
            place = await unit.visitors.team_read(ticket.id, seq, now=self._here.clock()) if ticket.live else None
        if place is not None:
            frame = {"type": "read", "seq": place}
            here = Whisper(ticket.id, ticket.inbox_id, frame, visitor_too=True, screens_too=False)
            self._here.presence.whisper(here)

    def _tell_viewers(self, ticket: Ticket) -> None:
        viewers = [str(viewer) for viewer in self._here.presence.viewers(ticket.id)]
        frame = {"type": "viewing", "ticket_id": str(ticket.id), "managers": viewers}
        self._here.presence.whisper(Whisper(ticket.id, ticket.inbox_id, frame, ticket.campaign_id))

    async def _typing(self, ticket_id: str, *, on: bool) -> None:
        ticket = await self._find(ticket_id)
        by = {"kind": "manager", "id": str(self.manager_id), "name": self.caller.name}
        frame = {"type": "typing", "ticket_id": ticket_id, "by": by, "on": on, "screen": str(self.id)}
        self._here.presence.whisper(Whisper(ticket.id, ticket.inbox_id, frame, ticket.campaign_id, visitor_too=True))

    async def _come_back(self) -> None:
        """Somebody who only counted as away, because their screen was gone, is here again."""
        async with self._here.units() as unit:
            manager = await unit.managers.find(self.manager_id)
            was_lost = await unit.managers.went_missing(manager.id)
            back = Availability.ONLINE if was_lost else manager.availability
            await set_availability(unit, manager, back, now=self._here.clock())

    async def _be(self, availability: Availability) -> None:
        async with self._here.units() as unit:
            manager = await unit.managers.find(self.manager_id)
            await set_availability(unit, manager, availability, now=self._here.clock())

    def _leave(self) -> None:
        self._here.presence.leave(self.id)
        if self._shown is not None:
            self._tell_viewers(self._shown)

    def _say(self, frame: dict[str, Any]) -> None:
        self._outlet.put(encode(frame).decode())


def _id(text: str) -> TicketId:
    try:
        return TicketId(UUID(text))
    except ValueError as error:
        raise NotFound("There is no such ticket.") from error


async def received(socket: WebSocket) -> dict[str, Any]:
    """Return the next frame; raise Invalid for what is not a JSON object of bearable size."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    text = message.get("text")
    if not isinstance(text, str) or len(text) > _FRAME_LIMIT:
        raise Invalid("This frame is binary, or too large.")
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid("This frame is not JSON.") from error
    if not isinstance(frame, dict):
        raise Invalid("This frame is no object.")
    return frame


class Screens:
    """The open screens of this process, checked again and again: a session that ended closes its screens."""

    def __init__(self) -> None:
        self._open: dict[UUID, Screen] = {}

    def add(self, screen: Screen) -> None:
        """Watch a screen."""
        self._open[screen.id] = screen

    def remove(self, screen: Screen) -> None:
        """Watch it no longer."""
        self._open.pop(screen.id, None)

    async def watch(self, here: Services) -> None:
        """Look again and again, for ever: what cannot be asked while the database is away is asked afterwards."""
        while True:
            await asyncio.sleep(_RECHECK)
            try:
                await self.recheck(here)
            except Exception as error:  # noqa: BLE001 - a runner: if it ended, screens would outlive their sessions
                log.warning("screens.unchecked", error=type(error).__name__, message=str(error))

    async def recheck(self, here: Services) -> None:
        """Close the screens whose session ended, and give the others the rights that they have now."""
        asked = list(self._open.values())  # a screen that opens while we ask was looked at at its own door
        sessions = {screen.caller.session for screen in asked if screen.caller.session is not None}
        callers = await callers_of(here, list(sessions)) if sessions else {}
        for screen in asked:
            caller = callers.get(screen.caller.session or b"")
            if caller is None:
                screen.close(_NOT_SIGNED_IN)
            else:
                screen.caller = caller


@router.websocket("/api/v1/live")
async def live(socket: WebSocket) -> None:
    """Follow the stream from a position on; the first frame is `hello`."""
    here = services(socket)
    screens: Screens = socket.app.state.screens
    await socket.accept()
    try:
        caller = await caller_of(socket)
        Require(Role.MANAGER, None).check(caller)
        async with asyncio.timeout(_HELLO_WITHIN):
            hello = await received(socket)
        if hello.get("type") != "hello":
            raise Invalid
        screen = Screen(socket, here, caller)
        since = _since(hello)
    except NotSignedIn:
        return await _close(socket, _NOT_SIGNED_IN)
    except (InboxError, TimeoutError):
        return await _close(socket, _BAD_HELLO)
    except WebSocketDisconnect:
        return None
    return await _serve(socket, screen, screens, since)


def _since(hello: dict[str, Any]) -> Position:
    since = hello.get("since")
    if since is not None and not isinstance(since, str):
        raise Invalid("A position is text.")
    return position_of(since)


async def _serve(socket: WebSocket, screen: Screen, screens: Screens, since: Position) -> None:
    code = 1000
    screens.add(screen)
    try:
        await screen.run(since)
    except* OutletClosed as closed:
        code = closed_with(closed)
    except* WebSocketDisconnect:
        code = 1001
    finally:
        screens.remove(screen)
    await _close(socket, code)


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code)
