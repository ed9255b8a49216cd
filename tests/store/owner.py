"""A program that owns a data folder: starts its server, notes its visit, waits for a line, stops."""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg
import structlog

from inbox.errors import StartRefused
from inbox.store.embedded import EmbeddedServer, start, stop

# Standard output is for the report.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


async def visits(server: EmbeddedServer) -> int:
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS visit (id serial)")
        await connection.execute("INSERT INTO visit DEFAULT VALUES")
        return int(await connection.fetchval("SELECT count(*) FROM visit"))
    finally:
        await connection.close()


def report(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def main() -> None:
    try:
        server = await start(Path(sys.argv[1]))
    except StartRefused as refused:
        report(refused=type(refused).__name__, sentence=str(refused))
        return
    pid = int((server.cluster.home.cluster / "postmaster.pid").read_text().split()[0])
    report(pid=pid, visits=await visits(server))
    await asyncio.to_thread(sys.stdin.readline)
    await stop(server)


asyncio.run(main())
