"""A private database server for tests, and fresh databases in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from inbox.store.embedded import EmbeddedServer, start

# A test's data need not outlive a power cut. An autovacuum worker is the superuser's, so that our role may not end it
# when a database is dropped.
FORGETFUL: Mapping[str, str] = MappingProxyType(
    {
        "autovacuum": "off",
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "120",
        "synchronous_commit": "off",
    }
)


async def start_private_server(folder: Path, *, settings: Mapping[str, str] = FORGETFUL) -> EmbeddedServer:
    """Start a server whose data lies in `folder`; stop it with `inbox.store.embedded.stop`.

    Pass no settings for a server that keeps what it has acknowledged, as the service's own does.
    """
    return await start(folder, settings=settings)


async def create_database(dsn: str, name: str, *, template: str | None = None) -> str:
    """Make a database on the server of `dsn`, as a copy of `template` if one is named; return its own DSN.

    Nobody may be connected to the template meanwhile.
    """
    copy = f' TEMPLATE "{template}" STRATEGY wal_log' if template else ""
    async with _connection(dsn) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"{copy}')
    return dsn_of(dsn, name)


async def drop_database(dsn: str, name: str) -> None:
    """Remove a database and whoever is still connected to it."""
    async with _connection(dsn) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def dsn_of(dsn: str, name: str) -> str:
    """Return the DSN of another database on the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
