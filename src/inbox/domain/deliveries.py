"""When a failed delivery is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

MAX_TRIES = 10
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=4)


def wait_before(attempt: int, *, jitter: float, asked: timedelta | None = None) -> timedelta:
    """Return the pause before try `attempt` + 1: doubling from 5 s to 4 h, spread by `jitter` in 0..1.

    Args:
        attempt: how many tries were made, from 1.
        jitter: a random number; half of the pause depends on it, so that failures do not come back together.
        asked: what the far end asked for; never less than that.
    """
    doubled = min(FIRST_WAIT * (1 << min(attempt - 1, 20)), LONGEST_WAIT)
    spread = doubled / 2 + doubled / 2 * jitter
    return max(spread, asked or timedelta(0))


def is_given_up(attempt: int) -> bool:
    """Tell whether a delivery that failed `attempt` times is shown as failed instead of tried again."""
    return attempt >= MAX_TRIES
