"""Understands what arrived in a process of its own, which is killed when that takes too much.

Mails are built by strangers: a small one can cost a parser minutes or gigabytes. The process reads from its standard
input what it shall understand, and answers on its standard output, each as a length and a pickle. Only values of our
own cross the pipe: the bytes of a stranger are never unpickled, they are bytes inside of one.
"""

from __future__ import annotations

import asyncio
import pickle
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

from inbox.channel.contract import Answer, Understands
from inbox.channel.model import Original, Received
from inbox.errors import MessageUnreadable, Unavailable

CPU_SECONDS = 2.0
MEMORY = 200 * 1024 * 1024  # bytes beside what the program itself takes
_OCTETS_A_SECOND = 20_000_000  # more time for what is large
_COPIES = 8  # of a large mail, as bytes, text and pickle, that are there at one time
_WALL = 60.0  # seconds, on a machine that does other things as well
_DYING = 5.0  # seconds between the end of a process's pipe and its own
_HEAD = 8

_Question = tuple[Understands, Original]


class Apart:
    """The process beside this one; started when it is first needed, and again after one was killed."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def understand(self, reader: Understands, original: Original) -> Sequence[Received]:
        """Let the process understand an original; raise MessageUnreadable if it must not take more of it."""
        (answer,) = await self.understand_all([(reader, original)])
        if isinstance(answer, MessageUnreadable):
            raise answer
        return answer

    async def understand_all(self, questions: Sequence[tuple[Understands, Original]]) -> list[Answer]:
        """Let the process understand originals, all of which it is asked before it has answered the first."""
        answers = list[Answer]()
        async with self._turn:
            while len(answers) < len(questions):
                answers += await self._some(await self._running(), questions[len(answers) :])
        return answers

    async def _some(self, process: Process, questions: Sequence[_Question]) -> list[Answer]:
        """Return the answers to the first questions: to all, or up to the one that ended the process."""
        answers = list[Answer]()
        try:
            _ask(process, questions)
            while len(answers) < len(questions):
                async with asyncio.timeout(_WALL):
                    answers.append(await _next_answer(process))
        except TimeoutError:
            await self._end()
            answers.append(MessageUnreadable("It takes too long to understand."))
        except (OSError, asyncio.IncompleteReadError):
            answers.append(await self._why_it_died(process))
        except asyncio.CancelledError:
            await self._end()  # half an exchange is in the pipe
            raise
        return answers

    async def close(self) -> None:
        """Stop the process; the next thing to understand starts it again."""
        async with self._turn:
            await self._end()

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            command = (sys.executable, "-m", "inbox.apart")
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        return self._process

    async def _why_it_died(self, process: Process) -> MessageUnreadable:
        """Say what is wrong with the original that it died of; raise Unavailable if that was not to blame."""
        code = await _end_of(process)
        self._process = None
        if code in {-signal.SIGTERM, -signal.SIGKILL, 0}:
            raise Unavailable("The process that understands mails was stopped.")
        if code == -signal.SIGPROF:
            return MessageUnreadable(f"It takes more than {CPU_SECONDS:.0f} seconds of computing to understand.")
        return MessageUnreadable("It broke the process that tried to understand it.")

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


async def _end_of(process: Process) -> int:
    """Return how a process ended whose pipe broke; one that lives on is killed.

    Killing one that is just dying would collect its exit status before asyncio can, which then knows none.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_DYING):
            return await process.wait()
    with suppress(ProcessLookupError):
        process.kill()
    return await process.wait()


def _ask(process: Process, questions: Sequence[_Question]) -> None:
    """Ask everything at once: what the pipe does not take yet waits here, as it did before it was asked."""
    if process.stdin is None:
        raise BrokenPipeError
    for question in questions:
        octets = pickle.dumps(question, protocol=pickle.HIGHEST_PROTOCOL)
        process.stdin.writelines([len(octets).to_bytes(_HEAD, "big"), octets])


async def _next_answer(process: Process) -> Answer:
    if process.stdout is None:
        raise BrokenPipeError
    size = int.from_bytes(await process.stdout.readexactly(_HEAD), "big")
    answer: Answer = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301 - written by our own process
    return answer


def main() -> None:
    """Answer until the service closes the pipe; a signal from the terminal is the service's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while (question := _next(asked)) is not None:
        answer = pickle.dumps(_answer(*question), protocol=pickle.HIGHEST_PROTOCOL)
        answers.write(len(answer).to_bytes(_HEAD, "big") + answer)
        answers.flush()


def _next(asked: BinaryIO) -> _Question | None:
    head = asked.read(_HEAD)
    if len(head) < _HEAD:
        return None
    size = int.from_bytes(head, "big")
    _unbound()
    question: _Question = pickle.loads(asked.read(size))  # noqa: S301 - written by our own service
    return question


def _answer(reader: Understands, original: Original) -> Answer:
    _bind(len(original.body))
    try:
        return reader.understand(original)
    except MessageUnreadable as error:
        return error
    except MemoryError:
        return MessageUnreadable(f"It takes more than {MEMORY // 1024**2} MB to understand.")
    except Exception as error:  # noqa: BLE001 - whatever it trips over, the mail is kept and the next one is read
        return MessageUnreadable(f"The channel failed on it: {type(error).__name__}.")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _bind(size: int) -> None:
    """Allow one original so much: SIGPROF ends the process, and memory beyond is refused."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS + size / _OCTETS_A_SECOND)
    try:
        # Opened without pathlib, which costs more than the rest of this for every mail.
        with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123
            taken = int(statm.read(64).split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return  # elsewhere than on Linux only the time is bounded
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY + _COPIES * size, resource.RLIM_INFINITY))


def _unbound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
