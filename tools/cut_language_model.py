"""Cuts the language model of py3langid down to what is shipped in src/inbox/detector.

    uv run --no-project --with py3langid==0.4.0 tools/cut_language_model.py src/inbox/detector/model.bin

Theirs knows 139 languages by 100,000 byte n-grams and takes 100 MiB in memory; ours keeps those n-grams that tell the
written languages below apart. ADR 33 has the measurements. The same input gives the same file, byte for byte.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from math import exp
from pathlib import Path

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# The more people of a crowd in Europe write a language, the more it has to say about which n-grams are kept.
_WRITTEN = {
    6: "de en fr",
    3: "es it nl pl",
    2: "cs da hu pt ro ru sv tr uk",
    1: "ar bg bs ca el et eu fa fi ga gl he hi hr id is ja ko lb lt lv mk mt no sk sl sq sr vi zh",
}
LANGUAGES = {language: weight for weight, languages in _WRITTEN.items() for language in languages.split()}
GRAMS = 12_000
FLOOR, STEP = -15.0, 0.05  # log probabilities as bytes: 0 is never seen, 255 is one in ten


def grams(model: LanguageIdentifier) -> dict[int, bytes]:
    """Walk the model's automaton, breadth first: the shortest way to a feature is its n-gram."""
    found: dict[int, bytes] = {}
    ways = {0: b""}
    waiting = [0]
    for state in waiting:
        feature = model.tk_output[state]
        if feature >= 0:
            found.setdefault(feature, ways[state])
        row = model.tk_row[state] << 8
        for byte in range(256):
            following = model.tk_nextmove[row + byte]
            if following not in ways:
                ways[following] = ways[state] + bytes([byte])
                waiting.append(following)
    return found


def worth(scores: list[float]) -> float:
    """Tell how much an n-gram parts the languages: how often it comes, times how far they differ on it."""
    mean = sum(scores) / len(scores)
    weights = LANGUAGES.values()
    return sum(weight * exp(score) * abs(score - mean) for weight, score in zip(weights, scores, strict=True))


def packed(model: LanguageIdentifier) -> Iterator[bytes]:
    """Yield the parts of the file: the languages on a line, then each n-gram with its length and its scores."""
    columns = [model.nb_classes.index(language) for language in LANGUAGES]
    scored = [
        (gram, [float(score) for score in model.nb_ptc[feature][columns]]) for feature, gram in grams(model).items()
    ]
    kept = sorted(scored, key=lambda each: (-worth(each[1]), each[0]))[:GRAMS]
    yield " ".join(LANGUAGES).encode() + b"\n"
    for gram, scores in sorted(kept):
        yield bytes([len(gram)]) + gram + bytes(min(255, max(0, round((s - FLOOR) / STEP))) for s in scores)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(zlib.compress(b"".join(packed(LanguageIdentifier.from_model_file(MODEL_FILE))), 9))
