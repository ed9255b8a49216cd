"""`languages`: how many of 200 short texts are told right, with and without priors, and at what cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import resident, say
from inbox.detector import Ngrams
from inbox.domain.languages import Hints, Reading, evidence, in_use, read

TEXTS = Path(__file__).parents[1] / "tests" / "languages" / "short-texts.tsv"
THREE = in_use(("fr",))
SEVEN = in_use(("fr", "it", "es", "nl", "pl"))
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Short:
    """A short text, the language that it is in, and what was known before it was read."""

    language: str
    hints: Hints
    text: str


def short_texts() -> list[Short]:
    """Read the texts."""
    lines = TEXTS.read_text(encoding="utf-8").splitlines()
    return [_short(line) for line in lines if not line.startswith("# ")]


def _short(line: str) -> Short:
    language, contact, page, campaign, text = line.split("\t")
    hints = Hints(contact=_known(contact), page=_known(page), campaign=tuple(campaign.split(",")))
    return Short(language, hints, text)


def _known(column: str) -> str | None:
    return None if column == "-" else column


def told(detector: Ngrams, used: frozenset[str], hints_of: Callable[[Short], Hints]) -> dict[str, float]:
    """Count how often the language is told right, left unknown, told wrong."""
    counted: Counter[str] = Counter()
    texts = short_texts()
    for short in texts:
        found = read(evidence(detector, short.text), hints_of(short), used).language
        counted["unknown" if found is None else "right" if found == short.language else "wrong"] += 1
    return {
        **{name: counted[name] for name in ("right", "unknown", "wrong")},
        "accuracy": counted["right"] / len(texts),
    }


async def measure() -> dict[str, Any]:
    """Return the figures."""
    before, started = resident(), time.perf_counter()
    detector = Ngrams()
    detector.weigh("Hallo")
    figures: dict[str, Any] = {
        "load_ms": round((time.perf_counter() - started) * 1_000, 1),
        "load_mib": round((resident() - before) / 2**20, 1),
        "texts": len(short_texts()),
    }
    for name, used in (("three", THREE), ("seven", SEVEN)):
        figures[name] = {
            "without_priors": told(detector, used, lambda _: Hints()),
            "with_priors": told(detector, used, lambda short: short.hints),
        }
    say(f"  {figures}")
    return figures | _cost(detector)


def _cost(detector: Ngrams) -> dict[str, float]:
    texts = short_texts()
    longest = " ".join(short.text for short in texts)
    return {
        "ms_per_text": round(_ms(lambda: [_read(detector, s) for s in texts]) / len(texts), 4),
        "ms_longest": _ms(lambda: read(evidence(detector, longest), Hints(), THREE)),
        "ms_megabyte": _ms(lambda: read(evidence(detector, longest * 100), Hints(), THREE)),
    }


def _read(detector: Ngrams, short: Short) -> Reading:
    return read(evidence(detector, short.text), short.hints, THREE)


def _ms(does: Callable[[], object]) -> float:
    """Return the CPU that something costs, in milliseconds."""
    started = time.process_time()
    for _ in range(_ROUNDS):
        does()
    return round((time.process_time() - started) * 1_000 / _ROUNDS, 4)
