"""The floor: the smallest program that does the same durable work, with the service's flags.

FastAPI and asyncpg; a POST is one INSERT, committed with fsync, then a frame on every open socket, then the answer.
Run as a process of its own: `python -m benchmarks.floor DSN PORT`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

_TABLE = "create table if not exists comments (id bigserial primary key, body text not null)"
_INSERT = "insert into comments (body) values ($1)"


def floor(dsn: str) -> FastAPI:
    """Return the application."""
    sockets: list[WebSocket] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=16, max_size=16, connection_class=_Plain) as pool:
            await pool.execute(_TABLE)
            app.state.pool = pool
            _calm_collector()
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.post("/comments", status_code=202)
    async def take(request: Request) -> Response:
        body = (await request.body()).decode()
        await request.app.state.pool.execute(_INSERT, body)
        for socket in sockets:
            await socket.send_text(body)
        return Response(status_code=202)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        sockets.append(socket)
        with suppress(WebSocketDisconnect):
            while True:
                await socket.receive_text()
        sockets.remove(socket)

    return app


def _calm_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _Plain(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection that goes back to its pool as it is: a floor has nothing to undo."""

    def get_reset_query(self) -> str:
        return ""


def main() -> None:
    """Serve on 127.0.0.1, with the flags of `inbox serve`."""
    dsn, port = sys.argv[1:]
    uvicorn.run(
        floor(dsn),
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )


if __name__ == "__main__":
    main()
