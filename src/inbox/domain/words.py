"""Finds words and phrases in what people write: whole words, whatever their case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

# Letters and digits make a word; a heart or a pair of clapping hands says as much as one.
_WORD = re.compile(r"[^\W_]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
_MARKS = re.compile(r"[\u0300-\u036f\ufe0e\ufe0f]")
_READ = 4_000  # characters of a text: who has not said by then what it is about will not


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case and accents.

    >>> words_of("Où est l'ÉTÉ?")
    ['ou', 'est', 'l', 'ete']
    """
    plain = text[:_READ].casefold()
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
    return _WORD.findall(plain)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Many phrases, looked for in one pass over a text; what it costs grows with the text, not with the phrases."""

    starts: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Vocabulary:
        """Prepare phrases for being found."""
        starts: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase in dict.fromkeys(phrases):
            words = tuple(words_of(phrase))
            if words:
                starts.setdefault(words[0], []).append((words, phrase))
        return cls(starts)

    def found_in(self, words: list[str]) -> dict[str, None]:
        """Return the phrases that stand in a text, in the order of the text and as they were given."""
        return dict.fromkeys(given for _, _, given in self._found(words))

    def cut_from(self, words: list[str]) -> list[str]:
        """Return the words of a text without the phrases."""
        gone = {place for begin, length, _ in self._found(words) for place in range(begin, begin + length)}
        return [word for place, word in enumerate(words) if place not in gone] if gone else words

    def _found(self, words: list[str]) -> list[tuple[int, int, str]]:
        """Return where phrases stand, how many words they have, and how they were given."""
        starts = self.starts
        begun = [(place, entry) for place, word in enumerate(words) if word in starts for entry in starts[word]]
        return [
            (place, len(phrase), given)
            for place, (phrase, given) in begun
            if len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase
        ]
