"""What is dear or dangerous to understand stops nothing else: its process is killed, and the next one is read."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from inbox.apart import CPU_SECONDS, Apart
from inbox.channel.model import Original, Received, Sender
from inbox.errors import MessageUnreadable, Unavailable
from inbox_email.understand import Reader
from tests.channels.email.builders import ADDRESS, KEY, mail, original

_NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Does:
    """Does what the body of an original says."""

    def understand(self, original: Original) -> Sequence[Received]:
        match original.body:
            case b"spin":
                while True:
                    pass
            case b"eat":
                return [Received(str(len(bytearray(300 * 1024 * 1024))), Sender(()), _NOW)]
            case b"refuse":
                raise MessageUnreadable("Nothing is in it.")
            case b"trip":
                raise KeyError("x")
            case b"die":
                os.kill(os.getpid(), signal.SIGSEGV)
        return [Received("<1@x>", Sender(()), _NOW, f"{os.getpid()}")]


def said(body: bytes) -> Original:
    return Original("k", body, "text/plain", _NOW)


@pytest.fixture
async def apart() -> AsyncIterator[Apart]:
    made = Apart()
    yield made
    await made.close()


async def process_of(apart: Apart) -> int:
    (received,) = await apart.understand(Does(), said(b"hello"))
    return int(received.text)


async def test_it_happens_in_another_process_and_the_next_time_in_the_same(apart: Apart) -> None:
    first = await process_of(apart)
    assert first != os.getpid()
    assert await process_of(apart) == first


async def test_a_mail_is_understood_as_here(apart: Apart) -> None:
    kept, reader = original(mail("Where is it?")), Reader(ADDRESS, KEY)
    assert await apart.understand(reader, kept) == reader.understand(kept)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"spin", "more than 2 seconds"),
        (b"eat", "more than 200 MB"),
        (b"refuse", "Nothing is in it"),
        (b"trip", "failed on it: KeyError"),
        (b"die", "broke the process"),
    ],
)
async def test_what_takes_too_much_is_unreadable_and_the_next_one_is_read(
    apart: Apart, body: bytes, reason: str
) -> None:
    with pytest.raises(MessageUnreadable, match=reason):
        await apart.understand(Does(), said(body))
    assert await process_of(apart) > 0


async def test_other_work_goes_on_meanwhile(apart: Apart) -> None:
    async def longest_pause() -> float:
        longest, last, end = 0.0, time.monotonic(), time.monotonic() + CPU_SECONDS / 2
        while last < end:
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return longest

    await process_of(apart)
    spun, pause = await asyncio.gather(apart.understand(Does(), said(b"spin")), longest_pause(), return_exceptions=True)
    assert isinstance(spun, MessageUnreadable)
    assert isinstance(pause, float)
    assert pause < CPU_SECONDS / 4


async def test_a_process_that_somebody_stopped_is_not_the_mails_fault(apart: Apart) -> None:
    async def stop(pid: int) -> None:
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGTERM)

    pid = await process_of(apart)
    asked = apart.understand(Does(), said(b"spin"))
    stopped, _ = await asyncio.gather(asked, stop(pid), return_exceptions=True)
    assert isinstance(stopped, Unavailable)
    assert await process_of(apart) != pid


async def test_one_that_is_given_up_leaves_no_half_answer(apart: Apart) -> None:
    await process_of(apart)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await apart.understand(Does(), said(b"spin"))
    assert await process_of(apart) > 0


async def test_of_many_only_the_one_that_ended_the_process_is_not_understood(apart: Apart) -> None:
    asked = [(Does(), said(body)) for body in (b"1", b"2", b"die", b"4", b"refuse", b"6")]
    answers = await apart.understand_all(asked)

    assert [isinstance(answer, MessageUnreadable) for answer in answers] == [False, False, True, False, True, False]
    assert "broke the process" in str(answers[2])


async def test_more_than_a_pipe_holds_is_asked_and_answered(apart: Apart) -> None:
    letters = "x" * 1_000_000
    asked = [(Reader(ADDRESS, KEY), original(mail(f"{n} {letters}"))) for n in range(8)]
    answers = await apart.understand_all(asked)

    assert [answer[0].text[:2] for answer in answers if not isinstance(answer, MessageUnreadable)] == [
        f"{n} " for n in range(8)
    ]
