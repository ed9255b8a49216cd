"""One process fetches a mailbox, however many there are; one that was frozen disturbs nobody when it wakes up."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from inbox.testing.smtp import SmtpSink
from tests.dovecot import Dovecot, running_dovecot
from tests.e2e.desk import browser
from tests.e2e.mails import mail, mail_settings
from tests.e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PROGRAMS = 3
_PATIENCE = 90.0  # seconds; a lease lasts 30
_COUNT = "select count(*) from messages"


async def test_a_mailbox_is_fetched_by_one_process_and_taken_over_from_a_frozen_one(dsn: str, tmp_path: Path) -> None:
    with running_dovecot() as dovecot:
        async with _programs(dsn, tmp_path) as programs, SmtpSink() as sink, _database(dsn) as database:
            async with browser(programs[-1].url) as desk:  # the last one wrote the link that counts
                await desk.sign_up(programs[-1].setup_token())
                await desk.add_inbox("email", **mail_settings(dovecot, sink))
            await _arrive(dovecot, range(20))
            await _until(database, 20)
            held = [await asyncio.to_thread(dovecot.sessions) for _ in range(20)]

            frozen = _holder(programs, dovecot)
            os.kill(frozen, signal.SIGSTOP)
            await _arrive(dovecot, range(20, 40))
            await _until(database, 40)
            os.kill(frozen, signal.SIGCONT)
            await _arrive(dovecot, range(40, 60))
            await _until(database, 60)
            await asyncio.sleep(2)
            found = await database.fetch("select external_id from messages")
            holder = _holder(programs, dovecot)

    assert {len(sessions) for sessions in held} == {1}
    assert sorted(row[0] for row in found) == sorted(f"<{number}@example.net>" for number in range(60))
    assert holder != frozen


@asynccontextmanager
async def _programs(dsn: str, folder: Path) -> AsyncIterator[list[Program]]:
    """Run programs that share a database, and what belongs to it."""
    programs = []
    try:
        for number in range(PROGRAMS):
            said = folder / str(number)
            said.mkdir()
            programs.append(Program(said, database=dsn, data=folder / "shared"))
            await programs[-1].start()
        yield programs
    finally:
        for program in programs:
            program.stop()


@asynccontextmanager
async def _database(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _arrive(dovecot: Dovecot, numbers: range) -> None:
    for number in numbers:
        octets = mail("Ann <ann@example.net>", f"<{number}@example.net>", f"Question {number}", f"mail {number}")
        await asyncio.to_thread(dovecot.deliver, octets)


async def _until(database: asyncpg.Connection[asyncpg.Record], count: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while await database.fetchval(_COUNT) < count:  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.2)


def _holder(programs: list[Program], dovecot: Dovecot) -> int:
    """Return the process that is connected to the mail server, as the kernel knows it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    inodes = {row[9] for row in rows if int(row[2].rpartition(":")[2], 16) == dovecot.port and row[3] == "01"}
    (holder,) = [pid for pid in (p.process.pid for p in programs if p.process) if inodes & set(_sockets(pid))]
    return holder


def _sockets(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            yield str(entry.readlink()).removeprefix("socket:[").removesuffix("]")
