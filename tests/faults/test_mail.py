"""A mail channel that loses nothing: a real mail server, and everything that may go wrong with it and with us."""

from __future__ import annotations

import asyncio
import imaplib
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inbox.testing.smtp import SmtpSink
from tests.dovecot import Dovecot, running_dovecot
from tests.e2e.desk import Desk, Json, browser
from tests.e2e.mails import mail, mail_settings
from tests.e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MAILS = 2_000
KILLS = 30
KICKS = 40
THREADS = 40
_SILENCE_FOUND_WITHIN = 30.0  # seconds
_PATIENCE = 60.0


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@dataclass(slots=True)
class Crowd:
    """Writes mails into the mailbox by another client, and reads some of them there."""

    dovecot: Dovecot
    written: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def write(self, count: int) -> None:
        """Let mails arrive, each the next of one of the threads."""
        with self._signed_in() as client:
            for number in range(self.written, min(self.written + count, MAILS)):
                client.append("INBOX", "", "", _mail(number))
                self.written = number + 1

    def read_half(self) -> None:
        """Mark every other mail as seen, as somebody does who reads the mailbox in webmail."""
        with self._signed_in() as client:
            client.select("INBOX")
            found = client.uid("SEARCH", "UNSEEN")[1][0].split()
            if found[::2]:
                client.uid("STORE", b",".join(found[::2]).decode(), "+FLAGS", r"(\Seen)")

    def _signed_in(self) -> closing[imaplib.IMAP4]:
        client = imaplib.IMAP4(self.dovecot.host, self.dovecot.port, timeout=20)
        client.login(self.dovecot.user, self.dovecot.password)
        client.close = client.logout  # type: ignore[method-assign]  # what leaving means here
        return closing(client)


def _mail(number: int) -> bytes:
    thread, place = number % THREADS, number // THREADS
    octets = mail(f"Ann <ann-{thread}@example.net>", f"<{number}@example.net>", f"Thread {thread}", f"mail {number}")
    references = f"References: <{thread}@example.net>\r\n".encode() if place else b""
    return references + octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def test_two_thousand_mails_through_every_fault_are_there_once_and_in_order(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    program = Program(tmp_path)
    await program.start()
    try:
        async with _desk(program, dovecot) as desk:
            crowd = Crowd(dovecot)
            silence = await _through_everything(program, crowd)
            threads = await _all_of(desk, MAILS)
            quarantine = await desk.everything("/quarantine")
    finally:
        program.stop()

    found = Counter(number for numbers in threads.values() for number in numbers)
    assert sorted(found) == list(range(MAILS))
    assert [number for number, times in found.items() if times > 1] == []
    assert [numbers for numbers in threads.values() if numbers != sorted(numbers)] == []
    assert len(threads) == THREADS
    assert quarantine == []
    assert silence < _SILENCE_FOUND_WITHIN


async def _through_everything(program: Program, crowd: Crowd) -> float:
    """Kill, kick, renumber and stop while mails arrive; return how long a stopped server went unnoticed."""
    kicks, silence = 0, 0.0
    for kill in range(KILLS):
        await asyncio.to_thread(crowd.write, MAILS // KILLS + 1)
        for _ in range(KICKS * (kill + 1) // KILLS - kicks):
            await asyncio.sleep(crowd.dice.uniform(0, 0.2))
            await asyncio.to_thread(crowd.dovecot.kick)
            kicks += 1
        if kill % 5 == 0:
            await asyncio.to_thread(crowd.read_half)
        if kill == KILLS // 3:
            await asyncio.to_thread(crowd.dovecot.renumber)
        if kill == KILLS // 2:
            silence = await _stopped_server(crowd.dovecot)
        await asyncio.sleep(crowd.dice.uniform(0, 0.4))
        program.kill()
        await program.start()
    assert (kicks, crowd.written) == (KICKS, MAILS)
    return silence


async def _stopped_server(dovecot: Dovecot) -> float:
    """Stop the processes of the server that serve us; return after how long we came back by another one."""
    before = await _sessions(dovecot, besides=set())
    await asyncio.to_thread(dovecot.signal_sessions, signal.SIGSTOP)
    started = time.monotonic()
    await _sessions(dovecot, besides=before)
    await asyncio.to_thread(dovecot.signal_sessions, signal.SIGCONT)
    return time.monotonic() - started


async def _sessions(dovecot: Dovecot, *, besides: set[int]) -> set[int]:
    """Wait until the server serves us by a process that is none of these; it knows no event of ours."""
    async with asyncio.timeout(_PATIENCE):
        while not (found := set(await asyncio.to_thread(dovecot.sessions)) - besides):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return found


@asynccontextmanager
async def _desk(program: Program, dovecot: Dovecot) -> AsyncIterator[Desk]:
    async with browser(program.url) as desk, SmtpSink() as sink:
        await desk.sign_up(program.setup_token())
        await desk.add_inbox("email", **mail_settings(dovecot, sink))
        yield desk


async def _all_of(desk: Desk, count: int) -> dict[str, list[int]]:
    """Return the numbers of the mails of every ticket in their order, once there are so many or nothing moves."""
    async with asyncio.timeout(_PATIENCE * 2):
        before = -1
        while True:
            tickets = await desk.everything("/tickets?view=all")
            stored = sum(ticket["last_seq"] for ticket in tickets)
            if stored >= count or stored == before:
                return {ticket["id"]: await _numbers(desk, ticket) for ticket in tickets}
            before = stored
            await asyncio.sleep(10)


async def _numbers(desk: Desk, ticket: Json) -> list[int]:
    messages = sorted(await desk.everything(f"/tickets/{ticket['id']}/messages"), key=lambda message: message["seq"])
    return [int(message["text"].split()[1]) for message in messages]
