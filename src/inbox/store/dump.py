"""The whole database as streams of rows: read out of one snapshot, read into an empty one.

By COPY in text form and our own statements, so that it needs no program of PostgreSQL's and works between any two
versions that the service runs on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import IO, Any

import asyncpg

from inbox.errors import DatabaseUnavailable, DiskFull, StartRefused

_NAMES = """
select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version'
  and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by c.relname
"""
_REFERENCES = """
select conrelid::regclass::text as child, confrelid::regclass::text as parent
from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace and conrelid <> confrelid
"""
_SEQUENCES = "select sequencename as name, last_value from pg_sequences where schemaname = current_schema()"
_REVISION = "select version_num from alembic_version"
_FILES = "select sha256 from uploads union select sha256 from visitor_files"
# A restored database is in its past: readers of the stream fetch everything anew, nobody stays signed in by it, and
# what was about to be sent may have been sent since.
_SETTLE = """
update installation set epoch = epoch + 1,
  system_identifier = (select system_identifier::text from pg_control_system());
update inboxes set lease_owner = null, lease_until = null;
update messages set delivery = 'withdrawn', error = 'It may have been sent since the backup was made.'
where delivery = 'scheduled' and send_at <= now();
delete from sessions;
delete from one_time_links;
update tickets set state = 'open', waiting_since = coalesce(waiting_since, now()), solved_at = null,
  snoozed_until = null, version = version + 1
where id in (select ticket_id from outbox where done_at is null) and state <> 'open';
"""
_UNSENT = """
update messages set delivery = 'uncertain', error = $1 where id in (select message_id from outbox where done_at is null)
"""
_ENDED = "update outbox set done_at = now(), leased_until = null, lease = lease + 1 where done_at is null"


@dataclass(frozen=True, slots=True)
class TableForm:
    """A table by name, with its columns."""

    name: str
    columns: tuple[str, ...]


class Snapshot:
    """The database as it was at one moment, while others go on writing."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        self._connection = connection

    async def revision(self) -> str:
        """Return which migration made its tables."""
        return str(await self._connection.fetchval(_REVISION))

    async def tables(self) -> list[TableForm]:
        """Return all tables, each after those that it refers to."""
        found = {row["name"]: TableForm(row["name"], tuple(row["columns"])) for row in await _rows(self, _NAMES)}
        order = TopologicalSorter({name: set[str]() for name in sorted(found)})
        for row in await _rows(self, _REFERENCES):
            order.add(row["child"], row["parent"])
        return [found[name] for name in order.static_order()]

    async def sequences(self) -> dict[str, int]:
        """Return how far the sequences were drawn."""
        return {row["name"]: row["last_value"] for row in await _rows(self, _SEQUENCES) if row["last_value"]}

    async def files(self) -> list[str]:
        """Return the hashes of all attachments."""
        return sorted(row["sha256"] for row in await _rows(self, _FILES))

    async def write(self, table: TableForm, file: IO[bytes]) -> int:
        """Write the rows of a table; return how many there are."""
        columns = ", ".join(f'"{name}"' for name in table.columns)
        query = f'select {columns} from "{table.name}"'  # noqa: S608 - names from the catalogue, quoted
        status = await self._connection.copy_from_query(query, output=file)
        return int(status.split()[-1])


async def _rows(snapshot: Snapshot, query: str) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = await snapshot._connection.fetch(query)  # noqa: SLF001 - its own module
    return rows


@asynccontextmanager
async def snapshot(dsn: str) -> AsyncIterator[Snapshot]:
    """Open the database as it is now, and keep it so."""
    async with _connected(dsn) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield Snapshot(connection)


async def is_empty(dsn: str) -> bool:
    """Tell whether a database holds nothing: no tables, or ours without a row."""
    async with _connected(dsn) as connection:
        for row in await connection.fetch(_NAMES):
            if await connection.fetchval(f'select exists (select from "{row["name"]}")'):  # noqa: S608 - quoted
                return False
    return True


@asynccontextmanager
async def loading(dsn: str) -> AsyncIterator[Loader]:
    """Fill an empty, migrated database: whole at the end, or not at all."""
    async with _connected(dsn) as connection, connection.transaction():
        yield Loader(connection)


class Loader:
    """A database that is being filled."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        self._connection = connection

    async def read(self, table: TableForm, pieces: Iterable[bytes]) -> int:
        """Read the rows of a table; return how many there were."""
        status = await self._connection.copy_to_table(table.name, source=_each(pieces), columns=list(table.columns))
        return int(status.split()[-1])

    async def settle(self, sequences: Mapping[str, int], *, taken_at: datetime) -> None:
        """Make the past fit for going on from."""
        for name, last in sequences.items():
            await self._connection.fetchval("select setval($1::text::regclass, $2)", name, last)
        await self._connection.execute(_SETTLE)
        words = f"Restored from a backup of {taken_at:%Y-%m-%d %H:%M} UTC; nobody knows whether it was sent since."
        await self._connection.execute(_UNSENT, words)
        await self._connection.execute(_ENDED)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Any]:
    """Connect, and say in one sentence what the database refuses."""
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"The database does not answer: {error}.") from error
    try:
        yield connection
    except asyncpg.UndefinedTableError as error:
        raise StartRefused("This database holds no inbox.") from error
    except asyncpg.DiskFullError as error:
        raise DiskFull("The disk of the database is full; free some space and try again.") from error
    except asyncpg.DataError as error:
        raise StartRefused(f"A table of the backup does not fit this database: {error}.") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        raise DatabaseUnavailable(f"The database does not answer as it should: {error}.") from error
    finally:
        await connection.close(timeout=10)
