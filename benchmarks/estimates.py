"""A mean and its confidence, from what a simulation saw one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

_BATCHES = 40
_T_95 = 2.03  # Student's, for the 37 degrees of freedom that are left

Seen = tuple[float, float, float]  # a wait, and two things drawn for it whose means are known to be nought


def estimated(seen: Sequence[Seen]) -> tuple[float, float]:
    """Return the mean of the waits and the half-width of its 95 percent interval, by the means of batches in a row.

    What was drawn has a known mean: by how much it missed that tells by how much the waits did (control variates,
    A. Law, Simulation Modeling and Analysis, section 11.4).
    """
    size = len(seen) // _BATCHES
    rows = [tuple(map(fmean, zip(*seen[n * size : (n + 1) * size], strict=True))) for n in range(_BATCHES)]
    waits, first, second = (list(column) for column in zip(*rows, strict=True))
    by_first, by_second = _slopes(waits, first, second)
    corrected = [w - by_first * a - by_second * b for w, a, b in rows]
    mean = fmean(corrected)
    left = sum((value - mean) ** 2 for value in corrected) / (_BATCHES - 3)
    return mean, _T_95 * math.sqrt(left / _BATCHES)


def _slopes(waits: Sequence[float], first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    aa, bb, ab = _shared(first, first), _shared(second, second), _shared(first, second)
    wa, wb = _shared(waits, first), _shared(waits, second)
    determinant = aa * bb - ab * ab
    return (wa * bb - wb * ab) / determinant, (wb * aa - wa * ab) / determinant


def _shared(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the covariance."""
    first, second = fmean(one), fmean(other)
    return fmean((a - first) * (b - second) for a, b in zip(one, other, strict=True))
