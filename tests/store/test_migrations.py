"""The migrations make the tables that the program knows, once, and refuse what they do not know."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from inbox.errors import StartRefused
from inbox.store import credential_tables, pictures, routing_tables, suppressions, tables, visitor_tables
from inbox.store.database import Session, engine_for
from inbox.store.migrate import migrate
from inbox.store.schema import metadata
from inbox.testing.database import create_database, drop_database, dsn_of

# Imported for the tables that they add to the metadata.
assert len({credential_tables, pictures, routing_tables, suppressions, tables, visitor_tables}) == 6

MIGRATE = "import asyncio, sys; from inbox.store.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"


@pytest.fixture
async def empty(template: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"empty_{uuid4().hex}"
    yield await create_database(dsn_of(template, "inbox"), name)
    await drop_database(dsn_of(template, "inbox"), name)


async def value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_database_has_the_tables_that_the_program_knows(dsn: str) -> None:
    engine = create_async_engine("postgresql+asyncpg://" + dsn.partition("://")[2])
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_an_empty_database_is_brought_up_to_date_and_a_second_time_changes_nothing(empty: str) -> None:
    await migrate(empty)
    first = await value(empty, "select version_num from alembic_version")
    await migrate(empty)

    assert await value(empty, "select array_agg(version_num) from alembic_version") == [first]


async def test_tickets_and_people_from_before_routing_get_weights_and_deadlines(empty: str) -> None:
    await migrate(empty, to="0001")
    connection = await asyncpg.connect(empty)
    await connection.execute(
        """
        insert into managers (id, email, name, role, capacity)
        values (gen_random_uuid(), 'a@b.example', 'A', 'lead', 8);
        insert into inboxes (id, channel, name, config) values (gen_random_uuid(), 'any', 'Any', '');
        insert into tickets (id, inbox_id, channel, state, priority, public_seq, waiting_since, created_at, updated_at)
        select gen_random_uuid(), id, 'any', 'open', 2, seq, '2026-03-23 09:00Z', now(), now()
        from inboxes, unnest(array[0, 3]) seq;
        """
    )
    await migrate(empty)
    rows = await connection.fetch("select live, weight, due_at - waiting_since as left from tickets order by live")
    capacity = await connection.fetchval("select capacity from managers")
    await connection.close()

    assert [tuple(row) for row in rows] == [
        (False, 10, timedelta(hours=2)),
        (True, 30, timedelta(seconds=30)),
    ]
    assert capacity == 100


async def test_processes_that_start_together_migrate_after_each_other(empty: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", MIGRATE, empty], stderr=subprocess.PIPE) for _ in range(2)]
    ended = await asyncio.gather(*(asyncio.to_thread(process.communicate) for process in started))

    assert [(process.returncode, errors) for process, (_, errors) in zip(started, ended, strict=True)] == [(0, b"")] * 2


async def test_a_database_of_a_newer_program_is_refused_in_one_sentence_and_left_alone(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()

    with pytest.raises(StartRefused, match="newer version of Crowd Inbox"):
        await migrate(dsn)
    assert await value(dsn, "select version_num from alembic_version") == "9999"


async def test_a_database_that_lets_us_make_no_tables_is_refused_in_one_sentence(empty: str) -> None:
    name = await value(empty, "select current_database()")
    await value(empty, f'alter database "{name}" set default_transaction_read_only = on')

    with pytest.raises(StartRefused, match=r"brought up to date: cannot execute .* in a read-only transaction"):
        await migrate(empty)


async def test_an_address_may_say_what_postgresqls_own_clients_take(empty: str) -> None:
    said = f"{empty}&sslmode=disable&options=-csearch_path%3Dpublic"
    await migrate(said)
    engine = engine_for(said)
    session = await Session.of(engine)
    limit = await session.value(text("select current_setting('statement_timeout')"))
    await session.close()
    await engine.dispose()

    assert limit == "30s"


async def test_mails_from_before_know_what_they_were_understood_from(empty: str) -> None:
    await migrate(empty, to="0013")
    connection = await asyncpg.connect(empty)
    await connection.execute(
        """
        insert into inboxes (id, channel, name, config) values (gen_random_uuid(), 'any', 'Any', '');
        insert into tickets (id, inbox_id, channel, state, priority, created_at, updated_at)
        select gen_random_uuid(), id, 'any', 'open', 2, now(), now() from inboxes;
        insert into originals (id, inbox_id, key, digest, body, content_type, at, state)
        select gen_random_uuid(), id, mail, sha256(mail::bytea), mail::bytea, 'x', '2026-03-23 09:00Z', state
        from inboxes, (values ('Message-ID: <a@x>', 'understood'), ('Message-ID: <b@x>', 'understood'),
          ('no id', 'understood'), ('again: <a@x>', 'duplicate')) as kept (mail, state);
        insert into messages (id, ticket_id, inbox_id, seq, kind, direction, at, html, external_id)
        select gen_random_uuid(), t.id, t.inbox_id, seq, 'message', 'inbound', '2026-03-23 09:00Z', '<p>', mark
        from tickets t, (values (1, '<a@x>'), (2, '<gone@x>'), (3, 'sha256:' || encode(sha256('no id'), 'hex')))
          as said (seq, mark);
        """
    )
    await migrate(empty)
    rows = await connection.fetch(
        "select convert_from(o.body, 'UTF8') as found from messages m left join originals o on o.id = original_id"
        " order by seq"
    )
    await connection.close()

    assert [row["found"] for row in rows] == ["Message-ID: <a@x>", None, "no id"]
