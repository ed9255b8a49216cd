"""Brings a database to the form that this program knows, one process at a time."""

from __future__ import annotations

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from inbox.errors import DiskFull, StartRefused
from inbox.store.database import plain_engine_for
from inbox.store.failures import REPORTED, reported

_LOCK = 7_236_154_001  # any number, the same in every process


async def migrate(dsn: str, *, to: str = "head") -> None:
    """Run the migrations that are missing, under an advisory lock; raise StartRefused for a database that is newer."""
    engine = plain_engine_for(dsn)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"select pg_advisory_lock({_LOCK})"))
            await connection.commit()
            await connection.run_sync(_upgrade, to)
            await connection.commit()
    except REPORTED as error:
        raise _refusal(reported(error)) from error
    finally:
        await engine.dispose()


def _refusal(error: BaseException) -> StartRefused:
    if isinstance(error, asyncpg.DiskFullError):
        return DiskFull("The disk of the database is full; free some space and start again.")
    return StartRefused(f"The database could not be brought up to date: {' '.join(str(error).split())}.")


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for one connection; the scripts travel in the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, to: str) -> None:
    config = configuration(connection)
    scripts = ScriptDirectory.from_config(config)
    _refuse_newer(scripts, _found(connection))
    _refuse_newer(scripts, None if to == "head" else to)
    command.upgrade(config, to)


def _found(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return found


def _refuse_newer(scripts: ScriptDirectory, found: str | None) -> None:
    if found is None:
        return
    try:
        scripts.get_revision(found)
    except CommandError as error:
        raise StartRefused(
            f"The database was made by a newer version of Crowd Inbox (its revision is {found}): "
            "use that version, or an older backup."
        ) from error
