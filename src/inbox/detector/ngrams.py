"""Weighs a text for every language that the model knows: naive Bayes over n-grams of bytes."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from math import sqrt
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

MODEL = Path(__file__).with_name("model.bin")
LONGEST = 140  # bytes that are weighed: of 1,100 paragraphs, 300 read eight otherwise, all of them unsure
_GLANCE = 60  # of them say enough where one language is ahead by this much: of the 1,100, the rest changes none
_AHEAD = 8.0  # as a natural logarithm
_LANE = 4  # bytes for the sum of one language's scores
_STEP = 0.05  # what one point of a score is worth, as a natural logarithm
# Neighbouring n-grams say nearly the same, so their sum is too sure of itself; its square root of length is the model's
# own cure, the factor what fits the demo's texts best.
_BELIEF = 2.0 * _STEP


class _Model(NamedTuple):
    languages: tuple[str, ...]
    grams: Mapping[bytes, int]  # the scores of all languages side by side in one number, so that one addition adds all
    lengths: Mapping[bytes, tuple[int, ...]]  # of the n-grams that end in these two bytes, the longest first


class Ngrams:
    """The detector; it reads its model when it is first asked."""

    def __init__(self, model: Path = MODEL) -> None:
        self._path = model

    @cached_property
    def _model(self) -> _Model:
        return _read(zlib.decompress(self._path.read_bytes()))

    def weigh(self, text: str) -> Mapping[str, float]:
        """Return how well each language explains a text, as logarithms up to a constant; empty if none does."""
        model = self._model
        plain = text.lower() if text.isupper() else text
        said = normalize("NFC", plain[:LONGEST]).encode("utf-8", "ignore")[:LONGEST]
        found = _found(said, 2, _GLANCE, model)
        weights = _weights(found, min(len(said), _GLANCE), model)
        if len(said) <= _GLANCE or _is_clear(weights):
            return weights
        return _weights(found | _found(said, _GLANCE + 1, LONGEST, model), len(said), model)


def _weights(found: Set[bytes], length: int, model: _Model) -> Mapping[str, float]:
    """Weigh the n-grams of so many bytes."""
    if not found:
        return {}
    total = sum(model.grams[gram] for gram in found)
    sums = array("I", total.to_bytes(_LANE * len(model.languages), sys.byteorder))
    if sys.byteorder == "big":
        sums.reverse()
    scale = _BELIEF / sqrt(length)
    return {language: points * scale for language, points in zip(model.languages, sums, strict=True)}


def _is_clear(weights: Mapping[str, float]) -> bool:
    *_, second, first = sorted(weights.values()) or (0.0, 0.0)
    return first - second >= _AHEAD


def _found(said: bytes, begin: int, until: int, model: _Model) -> set[bytes]:
    """Return the longest known n-gram that ends at each of these bytes; one that comes twice counts once."""
    found, grams, lengths_after = set(), model.grams, model.lengths.get
    for end in range(begin, min(len(said), until) + 1):
        for length in lengths_after(said[end - 2 : end], ()):
            gram = said[end - length if end > length else 0 : end]
            if gram in grams:
                found.add(gram)
                break
    return found


def _read(raw: bytes) -> _Model:
    head, _, body = raw.partition(b"\n")
    languages = tuple(head.decode().split())
    grams = dict(_grams(body, len(languages)))
    lengths: dict[bytes, set[int]] = {}
    for gram in grams:
        lengths.setdefault(gram[-2:], set()).add(len(gram))
    return _Model(languages, grams, {end: tuple(sorted(known, reverse=True)) for end, known in lengths.items()})


def _grams(body: bytes, languages: int) -> Iterator[tuple[bytes, int]]:
    place, lanes = 0, bytearray(_LANE * languages)
    while place < len(body):
        start = place + 1
        scores = start + body[place]
        place = scores + languages
        lanes[::_LANE] = body[scores:place]
        yield body[start:scores], int.from_bytes(lanes, "little")
