"""The way out of one socket: bounded, so that a slow reader costs nobody else anything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

AT_ONCE = "crowd_inbox.at_once"  # the ASGI extension by which our server offers to write without waiting
_LIMIT = 512  # frames; whoever is further behind is cut off and comes back by position


class Outlet:
    """Frames that wait to be sent on one socket."""

    __slots__ = ("_at_once", "_frames", "_waiter", "closed")

    def __init__(self, at_once: Callable[[str], bool] | None = None) -> None:
        self._at_once = at_once  # writes a frame, or says that it would have to wait
        self._frames: deque[str] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.closed: int | None = None  # with what code, once it is

    def put(self, frame: str) -> None:
        """Send a frame, or queue it where it has to wait; too many close the socket instead of filling the memory."""
        if self._at_once is not None and self._is_idle() and self._at_once(frame):
            return
        if len(self._frames) >= _LIMIT:
            self.close(4408)
            return
        self._frames.append(frame)
        self._wake()

    def close(self, code: int) -> None:
        """End the outlet: nothing more is sent."""
        self.closed = code
        self._frames.clear()
        self._wake()

    async def pump(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send frames in order until the outlet is closed; then raise Closed, which ends the socket's other side."""
        while self.closed is None:
            while self._frames:
                await send(self._frames.popleft())
            if self.closed is None:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
        raise OutletClosed(self.closed)

    def _is_idle(self) -> bool:
        """Tell whether all that was queued is sent, so that nothing is overtaken."""
        return self._waiter is not None and not self._waiter.done()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class OutletClosed(Exception):
    """The service ended this socket."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def closed_with(group: BaseExceptionGroup[OutletClosed]) -> int:
    """Return the code that a socket was closed with."""
    return next(e.code for e in group.exceptions if isinstance(e, OutletClosed))
