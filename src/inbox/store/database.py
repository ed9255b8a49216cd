"""The connection to PostgreSQL: one pool, its limits, and clear words when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import asyncpg
import orjson
from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from inbox.errors import StartRefused

# A writer that stops inside its transaction holds back every reader of the stream; this bounds by how long.
_STUCK_WRITER = "3s"
_POOL = 16
# SQLAlchemy refuses in an address what asyncpg and PostgreSQL's own clients take, such as `sslmode`. So asyncpg reads
# it wherever it is used, and SQLAlchemy is told the driver's name alone.
_DRIVER = "postgresql+asyncpg://"
_CONNECTED: Mapping[str, Any] = MappingProxyType(
    {
        "timeout": 10,
        "command_timeout": 60,
        "server_settings": {
            "application_name": "crowd-inbox",
            "idle_in_transaction_session_timeout": _STUCK_WRITER,
            "statement_timeout": "30s",
            "jit": "off",
            "timezone": "UTC",
        },
    }
)
_OLDEST = 15  # PostgreSQL

Row = Mapping[str, Any]
Engine: TypeAlias = AsyncEngine  # what the composition root holds on to; SQLAlchemy's own name stays in the store


def engine_for(dsn: str, *, pool: int = _POOL) -> AsyncEngine:
    """Return the engine of a database; nothing is connected yet.

    It runs in autocommit: the unit of work alone begins and commits.
    """
    return create_async_engine(
        _DRIVER,
        async_creator=partial(asyncpg.connect, dsn, **_CONNECTED),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # an error's words reach the log; what people wrote does not
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,  # few busy connections keep their plans and caches warm, where many would take turns
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


def plain_engine_for(dsn: str) -> AsyncEngine:
    """Return an engine without pool or limits, for work that may take its time."""
    return create_async_engine(_DRIVER, async_creator=partial(asyncpg.connect, dsn), poolclass=NullPool)


async def ensure_reachable(dsn: str) -> None:
    """Try the database once; raise StartRefused with one sentence that a person can act on."""
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise StartRefused("The database refused the user or password of INBOX_DATABASE_URL.") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise StartRefused(f"The database of INBOX_DATABASE_URL is not there: {error}.") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        reason = " ".join(str(error).split()) or "it takes too long"
        raise StartRefused(f"The database of INBOX_DATABASE_URL does not answer: {reason.rstrip('.')}.") from error
    try:
        found = connection.get_server_version().major
    finally:
        await connection.close()
    if found < _OLDEST:
        raise StartRefused(f"The database is PostgreSQL {found}; Crowd Inbox needs {_OLDEST} or newer.")


class Session:
    """One connection while a unit of work holds it.

    Static statements of the hot paths are SQL text on the driver's own connection, at a fifth of the cost; all others
    are SQLAlchemy Core.
    """

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        self._connection = connection
        self.driver = driver

    @classmethod
    async def of(cls, engine: AsyncEngine) -> Session:
        """Take a connection from the pool; those that died there, as all do when the server restarts, are left out."""
        connection = await engine.connect()
        while (driver := (await connection.get_raw_connection()).driver_connection).is_closed():  # type: ignore[union-attr]  # asyncpg ships no types
            await connection.invalidate()
        return cls(connection, driver)

    @property
    def is_clean(self) -> bool:
        """Whether the connection may be lent again: it lives, and no transaction is open on it."""
        return not self.driver.is_closed() and not self.driver.is_in_transaction()

    async def close(self) -> None:
        """Give the connection back; the pool is not told of what happens on the driver's own."""
        if not self.is_clean:
            await self._connection.invalidate()
        await self._connection.close()

    def dispose(self) -> None:
        """Close the connection for good; called where the engine is disposed of."""
        if self._connection.sync_connection is not None:
            self._connection.sync_connection.invalidate()
            self._connection.sync_connection.close()

    async def rows(self, statement: Executable) -> list[Row]:
        """Run a Core statement and return its rows."""
        return cast("list[Row]", list((await self._connection.execute(statement)).mappings()))

    async def row(self, statement: Executable) -> Row | None:
        """Run a Core statement and return its first row."""
        return cast("Row | None", (await self._connection.execute(statement)).mappings().first())

    async def value(self, statement: Executable) -> Any:  # noqa: ANN401 - whatever the column holds
        """Run a Core statement and return the first column of its first row."""
        return (await self._connection.execute(statement)).scalar()

    async def run(self, statement: Executable) -> int:
        """Run a Core statement and return how many rows it touched."""
        return (await self._connection.execute(statement)).rowcount
