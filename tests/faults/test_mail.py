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
SORTED, SENT = "Sorted", "Sent"
SORTED_THREADS = frozenset({3, 4, 5})  # whose mails the server's rules put into a folder
# Whose mails somebody moves there later: nobody can say in which order they come then, and one that comes before the
# first mail, which it answers, begins a ticket of its own.
MOVED_THREAD = 7
ANSWERED = 50  # one of so many is answered in another mail program
_SILENCE_FOUND_WITHIN = 30.0  # seconds
_PATIENCE = 60.0


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@dataclass(slots=True)
class Crowd:
    """Writes mails into the mailbox by another client, sorts and reads some of them, and answers some there."""

    dovecot: Dovecot
    written: int = 0
    unanswered: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    dice: random.Random = field(default_factory=random.Random)

    def prepare(self) -> None:
        """Make the folders beside INBOX."""
        with self._signed_in() as client:
            for folder in (SORTED, SENT):
                client.create(folder)

    def write(self, count: int) -> None:
        """Let mails arrive, each the next of one of the threads; those of some threads are sorted into a folder."""
        with self._signed_in() as client:
            for number in range(self.written, min(self.written + count, MAILS)):
                folder = SORTED if number % THREADS in SORTED_THREADS else "INBOX"
                client.append(folder, "", "", _mail(number))
                self.written = number + 1

    def answer(self) -> None:
        """Answer mails that were there at the last time, by another mail program, which leaves a copy."""
        with self._signed_in() as client:
            for number in self.unanswered:
                client.append(SENT, "", "", _answer(number))
        self.answered += self.unanswered
        self.unanswered = [n for n in range(self.written) if n % ANSWERED == 0 and n not in self.answered]

    def move(self) -> None:
        """Move some mails from one folder to another, as somebody does who tidies up."""
        with self._signed_in() as client:
            client.select("INBOX")
            found = client.uid("SEARCH", "FROM", f"ann-{MOVED_THREAD}@")[1][0].split()
            if found[::2]:
                client.uid("MOVE", b",".join(found[::2]).decode(), SORTED)

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


def _answer(number: int) -> bytes:
    """Return the copy that another mail program leaves of an answer."""
    octets = mail("Aylin <help@example.org>", f"<a{number}@example.org>", f"Re: {number % THREADS}", f"answer {number}")
    octets = octets.replace(b"To: help@example.org", f"To: ann-{number % THREADS}@example.net".encode())
    references = f"In-Reply-To: <{number}@example.net>\r\n".encode()
    return references + octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


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
        crowd = Crowd(dovecot)
        await asyncio.to_thread(crowd.prepare)
        async with _desk(program, dovecot) as (desk, sink):
            silence = await _through_everything(program, crowd)
            tickets = await _all_of(desk, MAILS + len(crowd.answered))
            quarantine = await desk.everything("/quarantine")
            sent = list(sink.mails)
    finally:
        program.stop()

    threads = [_numbers(messages, "mail") for messages in tickets]
    found = Counter(number for numbers in threads for number in numbers)
    assert sorted(found) == list(range(MAILS))
    assert [number for number, times in found.items() if times > 1] == []
    unmoved = [numbers for numbers in threads if numbers[0] % THREADS != MOVED_THREAD]
    assert [numbers for numbers in unmoved if numbers != sorted(numbers)] == []
    assert Counter(numbers[0] % THREADS for numbers in unmoved) == dict.fromkeys({*range(THREADS)} - {MOVED_THREAD}, 1)
    assert quarantine == []
    assert silence < _SILENCE_FOUND_WITHIN
    assert sent == []
    _stand_once_where_they_belong(tickets, crowd.answered)


def _stand_once_where_they_belong(tickets: list[list[Json]], answered: list[int]) -> None:
    """Answers of another program are in the ticket of the mail that they answer, as ours."""
    answers = [_numbers(messages, "answer") for messages in tickets]
    assert sorted(number for numbers in answers for number in numbers) == sorted(answered)
    assert all(set(ours) <= set(_numbers(theirs, "mail")) for ours, theirs in zip(answers, tickets, strict=True))
    assert {m["direction"] for messages in tickets for m in messages if "answer" in m["text"]} == {"outbound"}


async def _through_everything(program: Program, crowd: Crowd) -> float:
    """Kill, kick, renumber and stop while mails arrive; return how long a stopped server went unnoticed."""
    kicks, silence = 0, 0.0
    for kill in range(KILLS):
        await asyncio.to_thread(crowd.answer)
        await asyncio.to_thread(crowd.write, MAILS // KILLS + 1)
        for _ in range(KICKS * (kill + 1) // KILLS - kicks):
            await asyncio.sleep(crowd.dice.uniform(0, 0.2))
            await asyncio.to_thread(crowd.dovecot.kick)
            kicks += 1
        if kill % 5 == 0:
            await asyncio.to_thread(crowd.read_half)
            await asyncio.to_thread(crowd.move)
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
async def _desk(program: Program, dovecot: Dovecot) -> AsyncIterator[tuple[Desk, SmtpSink]]:
    async with browser(program.url) as desk, SmtpSink() as sink:
        await desk.sign_up(program.setup_token())
        await desk.add_inbox("email", **mail_settings(dovecot, sink), more_folders=SORTED, sent_folder=SENT)
        yield desk, sink


async def _all_of(desk: Desk, count: int) -> list[list[Json]]:
    """Return the messages of every ticket in their order, once there are so many or nothing moves."""
    async with asyncio.timeout(_PATIENCE * 2):
        before = -1
        while True:
            tickets = await desk.everything("/tickets?view=all")
            stored = sum(ticket["last_seq"] for ticket in tickets)
            if stored >= count or stored == before:
                return [await _messages(desk, ticket) for ticket in tickets]
            before = stored
            await asyncio.sleep(10)


async def _messages(desk: Desk, ticket: Json) -> list[Json]:
    return sorted(await desk.everything(f"/tickets/{ticket['id']}/messages"), key=lambda message: message["seq"])


def _numbers(messages: list[Json], what: str) -> list[int]:
    words = [message["text"].split() for message in messages]
    return [int(number) for kind, number, *_ in words if kind == what]
