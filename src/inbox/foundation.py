"""What the service stands on: its settings, its port and its database; up while the rest of the program is read."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from inbox.errors import StartRefused
from inbox.files import told
from inbox.logs import configure
from inbox.settings import Settings
from inbox.store import embedded
from inbox.worker.runner import Loop


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is, and the loop that brings a private one back when it dies."""

    dsn: str = field(repr=False)
    keep: Loop | None = None


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Yield the database: the one of the settings, else a private server in the data folder."""
    if settings.database_url is not None:
        yield Database(settings.database_url.get_secret_value())
        return
    server = await embedded.start(settings.data_dir)
    try:
        yield Database(server.dsn, lambda: embedded.keep_running(server))
    finally:
        await embedded.stop(server)


@dataclass(frozen=True, slots=True)
class Foundation:
    """A port that is ours and a database that answers."""

    settings: Settings
    listener: socket.socket
    database: Database


@asynccontextmanager
async def laid(settings: Settings) -> AsyncIterator[Foundation]:
    """Yield the foundation; the port is taken before anything else, so that a second service learns it at once."""
    configure(settings.log_level)
    with _listen(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})  # 0 was a wish for a free one
        async with database(settings) as found:
            yield Foundation(settings, listener, found)


def refuse_absence(settings: Settings) -> None:
    """Raise StartRefused where there is no inbox: a command that is about one must not make it."""
    with told(settings.data_dir):
        is_there = settings.database_url is not None or (settings.data_dir / "pg" / "cluster").exists()
    if not is_there:
        raise StartRefused(f"There is no inbox in {settings.data_dir}; set INBOX_DATA_DIR to where it is.")


def demo_settings(settings: Settings) -> Settings:
    """Return the settings with a data folder of the demo's own, unless one was named."""
    if "data_dir" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"data_dir": settings.data_dir / "demo"})


def _listen(settings: Settings) -> socket.socket:
    listener = None
    try:
        listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except (OSError, TypeError) as error:  # the latter for what cannot be written as a name
        if listener is not None:
            listener.close()
        raise StartRefused(_refusal(settings, error)) from error
    return listener


def _refusal(settings: Settings, error: OSError | TypeError) -> str:
    reason = getattr(error, "strerror", None) or "not a name"
    if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}:
        port = f"Port {settings.port} on {settings.host}"
        return f"{port} is taken or forbidden ({reason}); set INBOX_PORT to another one."
    return f"INBOX_HOST does not fit: {settings.host} is no address of this machine ({reason})."
