"""The websocket under a visitor's chat: bounded in size and time, closed with a reason."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from inbox.api import visitor_answers as answers
from inbox.api.visitor_frames import MESSAGE_LIMIT, ClientFrame, Close, FrameRejected, Refusal, parse
from inbox.api.visitor_limits import Limits, Pace

_BINARY = 1003  # RFC 6455 section 7.4.1: a kind of frame that we do not take
_FAREWELL = 1.0  # seconds


class Closed(Exception):
    """This socket is to be closed, and why."""

    def __init__(self, code: int, reason: str, *, reconnect: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.reconnect = reconnect


def first_of(group: BaseExceptionGroup[Closed]) -> Closed:
    """Return why a socket was closed."""
    found = group.exceptions[0]
    return found if isinstance(found, Closed) else first_of(found)


class Wire:
    """One socket; whoever sends too much, says nothing or does not read is cut off."""

    __slots__ = ("_faults", "_limits", "_pace", "_socket")

    def __init__(self, socket: WebSocket, limits: Limits) -> None:
        self._socket = socket
        self._limits = limits
        self._pace = Pace(limits.frames)
        self._faults = 0

    async def receive(self, *, within: float | None = None) -> ClientFrame:
        """Return the next frame, or raise FrameRejected for what is none; raise Closed when the client is to go."""
        try:
            async with asyncio.timeout(within or self._limits.silence):
                text = await self._text()
        except TimeoutError as error:
            raise Closed(Close.GOING_AWAY, "silent", reconnect=True) from error
        if self._pace.wait(asyncio.get_running_loop().time()):
            raise Closed(Close.RATE_LIMITED, "too many frames", reconnect=True)
        return parse(text)

    async def send(self, frame: str) -> None:
        """Send a frame; a client that does not read is cut off, and misses nothing when it comes back."""
        try:
            async with asyncio.timeout(self._limits.send):
                await self._socket.send_text(frame)
        except TimeoutError as error:
            raise Closed(Close.GOING_AWAY, "slow", reconnect=True) from error

    async def refuse(self, error: FrameRejected) -> None:
        """Tell why a frame was refused; hang up on a client that sends nothing else."""
        await self.send(answers.error(error.refusal, str(error), client_id=error.client_id))
        self._faults += 1
        if self._faults >= self._limits.faults:
            raise Closed(Close.BAD_HELLO, Refusal.BAD_FRAME)

    async def hang_up(self, closed: Closed) -> None:
        """Say why and close; whoever is gone or does not read hears nothing any more."""
        if self._socket.client_state is not WebSocketState.CONNECTED:
            return
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(_FAREWELL):
                await self._socket.send_text(answers.bye(closed.reason, reconnect=closed.reconnect))
                await self._socket.close(closed.code, closed.reason)

    async def _text(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1006)
        text = message.get("text")
        if text is None:
            raise Closed(_BINARY, Refusal.BAD_FRAME)
        if len(text) > MESSAGE_LIMIT:
            raise Closed(Close.TOO_LARGE, Refusal.TOO_LARGE)
        return str(text)
