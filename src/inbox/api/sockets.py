"""The server's side of a websocket, with a way to write what many are sent: framed once, written without a task."""

from __future__ import annotations

from functools import lru_cache

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from inbox.api.outlet import AT_ONCE

_SHARED = 32  # frames that are remembered, for as long as it takes to write them to all screens


class Sockets(WebSocketsSansIOProtocol):
    """uvicorn's own protocol, which offers the application to write a text at once (an ASGI extension)."""

    async def run_asgi(self) -> None:
        """Run the application with the extension in its scope."""
        self.scope["extensions"] = {**self.scope.get("extensions", {}), AT_ONCE: {"send": self.send_at_once}}
        await super().run_asgi()

    def send_at_once(self, text: str) -> bool:
        """Write a text message if the socket takes it without waiting; tell whether it did, else nothing is written."""
        if not self.writable.is_set() or self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        self.transport.write(_framed(text))
        return True


@lru_cache(_SHARED)
def _framed(text: str) -> bytes:
    """Return a whole text message as a server sends it: one frame, unmasked (RFC 6455 sections 5.1 and 5.2)."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
