"""`mail`: 50,000 mails of a real mailbox, until each is a message in its ticket; and one mail until it is on a screen.

The mails lie in a Dovecot when the inbox is added; the service fetches, keeps and understands them, with one manager's
screen open. `ingest_per_s` is for each second of CPU that the service, its helper processes and the database used. The
floor fetches and keeps the same mails in the same run, and understands nothing: `ratio_to_fetch_only` is the CPU of a
mail over the floor's. `latency_p50_ms` counts from when the server tells a bare client of the mail, which is idling
beside the service, until the frame is on the screen.
"""

from __future__ import annotations

import asyncio
import imaplib
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import asyncpg

from benchmarks.mails import Mails, fill
from benchmarks.processes import Program, say, working
from benchmarks.service import Site, keep_alive, site_on
from benchmarks.wire import Socket
from inbox.channel.model import Original
from inbox.store.embedded import EmbeddedServer, stop
from inbox.testing.database import start_private_server
from inbox.testing.smtp import SmtpSink
from inbox_email.understand import Reader
from tests.dovecot import Dovecot, running_dovecot
from tests.e2e.mails import mail, mail_settings

MAILS = 50_000
_EARLY = 10_000  # memory is looked at from here on
_PARSED = 3_000
_FLOOR = 10_000
_LATENCIES, _WARM = 60, 10
_FOLDER = "Many"
_LOOK = 0.5  # seconds
_PATIENCE = 3_600.0


async def measure(mails: int = MAILS) -> dict[str, Any]:
    """Return the figures."""
    with TemporaryDirectory(prefix="benchmark-") as name, running_dovecot() as dovecot:
        folder = Path(name)
        say(f"writing {mails} mails")
        fill(dovecot.folder / "mail" / dovecot.user / f".{_FOLDER}", Mails().write(mails))
        async with _database(folder / "ours") as ours, _database(folder / "floor") as floor:
            before = await _floor(dovecot, floor, folder, mails)
            async with SmtpSink() as sink, site_on(folder, ours.dsn) as at:
                latencies = await _latencies(at, dovecot, sink)
                taken = await _ingest(at, ours.dsn, dovecot, sink, mails)
            after = await _floor(dovecot, floor, folder, mails)
    parse = _parse_rate()
    return _figures(mails, taken, (before + after) / 2, latencies) | {"parse_per_s": round(parse)}


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took to take in everything."""

    cpu: float  # seconds
    of_service: float
    of_helpers: float
    wall: float
    early: int  # bytes
    late: int
    exceptions: int


def _figures(mails: int, taken: Taken, floor: float, latencies: list[tuple[float, float]]) -> dict[str, Any]:
    share = 1e6 / mails
    return {
        "mails": mails,
        "exceptions": taken.exceptions,
        "ingest_per_s": round(mails / taken.cpu),
        "ingest_per_s_wall": round(mails / taken.wall),
        "cpu_us": round(taken.cpu * share),
        "cpu_us_service": round(taken.of_service * share),
        "cpu_us_helpers": round(taken.of_helpers * share),
        "cpu_us_database": round((taken.cpu - taken.of_service - taken.of_helpers) * share),
        "cpu_us_fetch_only": round(floor * 1e6),
        "ratio_to_fetch_only": round(taken.cpu / mails / floor, 2),
        "latency_p50_ms": _ms(latencies, 0.5),
        "latency_p99_ms": _ms(latencies, 0.99),
        "latency_p50_ms_of_server": round(median(server for server, _ in latencies) * 1000, 1),
        "rss_growth_mib": round((taken.late - taken.early) / 2**20, 1),
        "rss_mib": round(taken.late / 2**20, 1),
    }


def _ms(latencies: list[tuple[float, float]], share: float) -> float:
    ours = sorted(seconds for _, seconds in latencies)
    return round(ours[min(int(len(ours) * share), len(ours) - 1)] * 1000, 1)


@asynccontextmanager
async def _database(folder: Path) -> AsyncIterator[EmbeddedServer]:
    server = await start_private_server(folder, settings={})
    try:
        yield server
    finally:
        await stop(server)


async def _floor(dovecot: Dovecot, server: EmbeddedServer, folder: Path, mails: int) -> float:
    """Return the CPU seconds that the floor takes for one mail."""
    count = min(mails, _FLOOR)
    mailbox = f"imap://{quote(dovecot.user)}:{dovecot.password}@{dovecot.host}:{dovecot.port}/{_FOLDER}"
    cluster = folder / "floor" / "pg" / "cluster"
    command = (sys.executable, "-m", "benchmarks.mail_floor", server.dsn, mailbox, str(count))
    before = working(cluster)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    seconds = float(output) + working(cluster) - before
    say(f"  fetch only: {seconds / count * 1e6:.0f} us a mail")
    return seconds / count


class Screen:
    """A manager's screen that knows when it first heard of each mail."""

    def __init__(self) -> None:
        self.heard = asyncio.Queue[tuple[int, float]]()
        self.welcome = asyncio.Event()

    def hear(self, at: float, payload: bytes) -> None:
        """Take a frame."""
        if payload.startswith(b'{"type":"welcome"'):
            self.welcome.set()
        found = payload.find(b"late-mail-")
        if found >= 0:
            self.heard.put_nowait((int(payload[found + 10 : found + 14]), at))

    async def came(self, mail: int) -> float:
        """Return when a mail was on the screen, once it is."""
        while (found := await asyncio.wait_for(self.heard.get(), 30))[0] != mail:
            pass
        return found[1]


@asynccontextmanager
async def _opened(at: Site) -> AsyncIterator[Screen]:
    screen = Screen()
    socket = await Socket.connect(at.program.port, "/api/v1/live", screen.hear, at.cookie)
    socket.say({"type": "hello", "since": None})
    async with asyncio.timeout(30):
        await screen.welcome.wait()
    async with asyncio.TaskGroup() as group:
        pings = group.create_task(keep_alive([socket]))
        yield screen
        pings.cancel()
    socket.close()


async def _latencies(at: Site, dovecot: Dovecot, sink: SmtpSink) -> list[tuple[float, float]]:
    """Return for some mails how long the server took to tell of them, and how long they took from then on."""
    config = mail_settings(dovecot, sink)
    await at.call("POST", "/api/v1/inboxes", {"channel": "email", "name": "Few", "config": config})
    client = imaplib.IMAP4(dovecot.host, dovecot.port)
    client.login(dovecot.user, dovecot.password)
    dice, found = random.Random(1), []  # noqa: S311 - a crowd, not a secret
    async with _opened(at) as screen, _watcher(dovecot) as told:
        for n in range(_WARM + _LATENCIES):
            octets = mail(f"late-{n}@mail.example", f"<late-{n}@mail.example>", f"late-mail-{n:04d}", "Good day")
            await asyncio.to_thread(client.append, "INBOX", "", "", octets)
            delivered = time.perf_counter()
            server = await asyncio.wait_for(told.get(), 30)
            found.append((server - delivered, await screen.came(n) - server))
            await asyncio.sleep(dice.uniform(0.1, 0.6))
    client.logout()
    say(f"  to the screen: {_ms(found[_WARM:], 0.5)} ms after the server told")
    return found[_WARM:]


@asynccontextmanager
async def _watcher(dovecot: Dovecot) -> AsyncIterator[asyncio.Queue[float]]:
    """Idle in the mailbox beside the service, and note when the server tells of something."""
    reader, writer = await asyncio.open_connection(dovecot.host, dovecot.port)
    writer.write(f'a LOGIN "{dovecot.user}" {dovecot.password}\r\nb EXAMINE INBOX\r\nc IDLE\r\n'.encode())
    while not (await reader.readline()).startswith(b"+"):
        pass
    told = asyncio.Queue[float]()
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(_listen(reader, told))
        yield told
        listening.cancel()
    writer.close()


async def _listen(reader: asyncio.StreamReader, told: asyncio.Queue[float]) -> None:
    while line := await reader.readline():
        if line.rstrip().endswith(b"EXISTS"):
            told.put_nowait(time.perf_counter())


async def _ingest(at: Site, dsn: str, dovecot: Dovecot, sink: SmtpSink, mails: int) -> Taken:
    config = mail_settings(dovecot, sink) | {"imap_folder": _FOLDER}
    counting = await asyncpg.connect(dsn)
    others = await _there(counting)
    async with _opened(at):
        before, started = _used(at.program), time.perf_counter()
        await at.call("POST", "/api/v1/inboxes", {"channel": "email", "name": "Many", "config": config})
        early = await _until(at, counting, others + min(_EARLY, mails // 2))
        late = await _until(at, counting, others + mails)
        wall, after = time.perf_counter() - started, _used(at.program)
    wrong = await counting.fetchval("select count(*) from originals where state = 'quarantined'")
    await counting.close()
    cpu, of_service, of_helpers = (now - then for now, then in zip(after, before, strict=True))
    return Taken(cpu, of_service, of_helpers, wall, early, late, wrong)


async def _until(at: Site, database: asyncpg.Connection[asyncpg.Record], count: int) -> int:
    """Wait until so many mails are there; return how much memory is resident then."""
    said = 0
    async with asyncio.timeout(_PATIENCE):
        while (there := await _there(database)) < count:
            if there >= said + 2_000:
                said = there
                say(f"  {there} of {count}, {at.program.memory_with_helpers() / 2**20:.0f} MiB")
            await asyncio.sleep(_LOOK)
    return at.program.memory_with_helpers()


async def _there(database: asyncpg.Connection[asyncpg.Record]) -> int:
    """Return how many mails have become something; the database's own count costs nothing, and lags a little."""
    if await database.fetchval("select exists (select from originals where state = 'pending')"):
        statement = "select n_tup_ins from pg_stat_user_tables where relname = 'messages'"
        return int(await database.fetchval(statement))
    statement = "select count(*) from messages"
    bad = "select count(*) from originals where state = 'quarantined'"
    return int(await database.fetchval(statement)) + int(await database.fetchval(bad))


def _used(program: Program) -> tuple[float, float, float]:
    of_service, of_helpers = program.cpu_of_service(), program.cpu_of_helpers()
    return of_service + of_helpers + working(program.cluster), of_service, of_helpers


def _parse_rate() -> float:
    """Return how many mails a second of CPU the channel's own understanding takes in, here."""
    reader = Reader("help@example.org", b"k" * 32)
    originals = [
        Original(f"Many:1:{n}", octets, "message/rfc822", datetime.now(UTC))
        for n, octets in enumerate(Mails().write(_PARSED))
    ]
    started = time.process_time()
    for original in originals:
        reader.read(original)
    return _PARSED / (time.process_time() - started)
