"""Start, adopt, watch and stop the private server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import ParamSpec, TypeVar

import asyncpg
import structlog

from inbox.errors import DatabaseUnavailable, DataDirInUse, StartRefused
from inbox.store.embedded import postmaster
from inbox.store.embedded.binaries import person_for
from inbox.store.embedded.cluster import Cluster, is_current, open_cluster
from inbox.store.embedded.home import Home, Lock, claim, open_home, read_password

_T = TypeVar("_T")
_P = ParamSpec("_P")

log = structlog.get_logger(__name__)

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
_ANSWER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A private server that this process owns."""

    dsn: str = field(repr=False)
    cluster: Cluster = field(repr=False)
    lock: Lock


async def start(data_dir: Path, *, settings: Mapping[str, str] = _NO_SETTINGS) -> EmbeddedServer:
    """Own the private server of `data_dir`: a new one, the stopped one, or the one that a killed owner left behind.

    Raises StartRefused, or one of its kinds, with a sentence for the person who started the service.
    """
    home = await asyncio.to_thread(open_home, data_dir)
    lock = claim(home)
    try:
        cluster = await _to_end(_open, home, settings)
        await _bring_up(cluster)
    except BaseException:
        lock.release()
        raise
    return EmbeddedServer(dsn=_dsn(home, cluster.password), cluster=cluster, lock=lock)


async def stop(server: EmbeddedServer) -> None:
    """Stop the server, wait until it is gone, and let go of the data folder."""
    try:
        await _to_end(postmaster.stop, server.cluster)
    finally:
        server.lock.release()


async def keep_running(server: EmbeddedServer, *, every: timedelta = timedelta(seconds=1)) -> None:
    """Start the server again whenever it has died; never end by itself."""
    while True:
        await asyncio.sleep(every.total_seconds())
        if postmaster.running(server.cluster.home.cluster) is None:
            await _restart(server)


async def _restart(server: EmbeddedServer) -> None:
    log.warning("database.restarting")
    try:
        await _to_end(postmaster.start, server.cluster)
    except StartRefused:
        # A full disk may have been why it died; somebody may make room.
        log.exception("database.down")


@asynccontextmanager
async def borrowed(data_dir: Path) -> AsyncIterator[str]:
    """Lend the DSN of `data_dir` to a command that runs beside the service, or without it."""
    try:
        server = await start(data_dir)
    except DataDirInUse:
        home = await asyncio.to_thread(open_home, data_dir)
        yield await _dsn_in_use(home)
        return
    try:
        yield server.dsn
    finally:
        await stop(server)


def _open(home: Home, settings: Mapping[str, str]) -> Cluster:
    return open_cluster(home, person_for(home.data_dir, home.cluster), settings)


async def _bring_up(cluster: Cluster) -> None:
    if postmaster.running(cluster.home.cluster) is not None:
        if await _is_adoptable(cluster):
            log.info("database.adopted")
            return
        await _to_end(postmaster.stop, cluster)
    try:
        await _to_end(postmaster.start, cluster)
        if await _version(cluster) is None:
            raise DatabaseUnavailable(
                f"{cluster.home.cluster} does not take the password in {cluster.home.password_file}."
            )
    except BaseException:
        await _to_end(postmaster.stop, cluster)
        raise


async def _is_adoptable(cluster: Cluster) -> bool:
    """Say whether the server that runs is what a start would make: our settings, our programs, our password."""
    programs = await asyncio.to_thread(cluster.person.run, "postgres", "--version")
    current = await asyncio.to_thread(is_current, cluster)
    return current and programs.stdout.split()[-1:] == [await _version(cluster)]


async def _version(cluster: Cluster) -> str | None:
    """Ask the server for its version; None if it does not answer us, or not for this folder."""
    try:
        connection = await _connected(_dsn(cluster.home, cluster.password))
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    try:
        folder, version = await connection.fetchrow(
            "SELECT current_setting('data_directory'), current_setting('server_version')"
        )
    finally:
        await connection.close()
    return str(version) if folder == str(cluster.home.cluster) else None


async def _connected(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    async with asyncio.timeout(_ANSWER.total_seconds()):
        while True:
            try:
                return await asyncpg.connect(dsn)
            except (asyncpg.CannotConnectNowError, ConnectionRefusedError, FileNotFoundError):
                # The owner in front of us, or a server that replays its log, is a moment from being there.
                await asyncio.sleep(0.05)


async def _dsn_in_use(home: Home) -> str:
    dsn = _dsn(home, await asyncio.to_thread(read_password, home))
    try:
        await (await _connected(dsn)).close()
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseUnavailable(f"The database server of {home.data_dir} does not answer.") from error
    return dsn


def _dsn(home: Home, password: str) -> str:
    return f"postgresql://inbox:{password}@/inbox?host={home.sockets}"


async def _to_end(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do `work` in a thread, to its end even when cancelled, so that no server is left half started or half stopped."""
    future = asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
