"""What ends a program from outside: Ctrl-C, the system, and a terminal that is closed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed(end: Callable[[int], object], numbers: Iterable[signal.Signals] = ENDING) -> None:
    """Call `end` in the running loop when one of the signals comes; what nohup started outlives its terminal."""
    for number in numbers:
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
        asyncio.get_running_loop().add_signal_handler(number, end, number)
