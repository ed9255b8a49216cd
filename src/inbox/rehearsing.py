"""Rehearses in a process of its own: minutes of computing must not hold up a single chat.

One at a time. The process reads a period and two rulebooks from its standard input and writes what came of them to its
standard output, as pickles: only values of our own cross the pipe.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE

from inbox.app.rehearsal import Compared, Recorded, compared
from inbox.domain.rulebook import Rulebook
from inbox.domain.rulebook_document import from_document, to_document
from inbox.errors import Invalid, Unavailable

_WALL = 120.0  # seconds
_NICER = 10  # whoever waits for an answer comes first


class Rehearsing:
    """Rehearses, one period at a time."""

    def __init__(self, *, at_most: float = _WALL) -> None:
        self._at_most = at_most
        self._turn = asyncio.Lock()

    async def __call__(self, period: Recorded, now: Rulebook, changed: Rulebook) -> Compared:
        """Rehearse a period; raise Invalid if that takes too long, Unavailable while another one runs."""
        if self._turn.locked():
            raise Unavailable("Another rehearsal runs; try again when it is done.")
        async with self._turn:
            return await self._elsewhere((period, to_document(now), to_document(changed)))

    async def _elsewhere(self, question: object) -> Compared:
        command = (sys.executable, "-m", "inbox.rehearsing")
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        try:
            async with asyncio.timeout(self._at_most):
                written, _ = await process.communicate(pickle.dumps(question, protocol=pickle.HIGHEST_PROTOCOL))
        except TimeoutError:
            raise Invalid("That is more than can be rehearsed; choose a shorter period.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise Unavailable("The rehearsal was stopped.")
        answer: Compared = pickle.loads(written)  # noqa: S301 - written by our own process
        return answer


def main() -> None:
    """Rehearse once."""
    os.nice(_NICER)
    period, now, changed = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own service
    answer = compared(period, from_document(now), from_document(changed))
    sys.stdout.buffer.write(pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
