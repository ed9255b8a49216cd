"""Finds in an answer what we ourselves sent, word for word: a quote in any language, however its mailer marks it.

What is folded away is certain: the whole of what we wrote stands there in one piece, and nothing in the region that
is not a line of ours, of the thread before it, or of a mailer's own quoting. In doubt nothing is folded.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inbox.channel.model import Received, Told
from inbox_email.html import TOKEN
from inbox_email.quotes import is_attribution, is_forward, is_forwarded, is_signature

MAX_TEXT = 200_000  # characters
_LEAST = (3, 16)  # words and characters that are no chance
_INTRODUCTION = 6  # lines above a quote that say whose it is
_BROKEN = 2  # lines of one that introduces
_FIELDS = 3  # of a head at least
_FIELD = re.compile(r"[\s>*]{0,4}\w[\w .-]{0,20}\*?\s?[:：]")
_WORD = re.compile(r"\w+")
_MARKED = re.compile(r"\s{0,3}[>|]")
_CUT = frozenset({"br", "hr", "img"})


@dataclass(frozen=True, slots=True)
class _Answer:
    """The lines of an answer and its words, each with its line."""

    lines: Sequence[str]
    words: Sequence[str]
    at: Sequence[int]  # in which line each word stands


def fold(received: Received, told: Sequence[Told], *, own: str) -> Received:
    """Return an answer with what it repeats of us folded away; the same one if that is not certain."""
    if len(received.text) > MAX_TEXT or _passes_on(received):
        return received
    answer = _read(received.text)
    known = frozenset(" ".join(_WORD.findall(line)) for each in told for line in each.text.split("\n"))
    for each in told:
        region = _region(answer, _WORD.findall(each.text), known, own=own) if each.ours else None
        folded = _folded(received, answer, region) if region else None
        if folded is not None:
            return folded
    return received


def _passes_on(received: Received) -> bool:
    """Tell whether somebody passes our mail on, which then is what they have to say."""
    return is_forward(received.subject or "") or any(is_forwarded(line[:80]) for line in received.text.split("\n"))


def _read(text: str) -> _Answer:
    lines = text.split("\n")
    found = [(word, number) for number, line in enumerate(lines) for word in _WORD.findall(line)]
    return _Answer(lines, [word for word, _ in found], [number for _, number in found])


def _region(answer: _Answer, said: Sequence[str], known: frozenset[str], *, own: str) -> tuple[int, int] | None:
    """Return the lines in which all that we said stands in one piece, with what belongs to the quote around it."""
    if len(said) < _LEAST[0] or sum(map(len, said)) < _LEAST[1]:
        return None
    place = _place_of(answer.words, said)
    if place is None:
        return None
    start, last = answer.at[place], answer.at[place + len(said) - 1]
    alone_before = place == 0 or answer.at[place - 1] < start
    end = place + len(said)
    alone_after = end == len(answer.words) or answer.at[end] > last
    if not alone_before or not alone_after:
        return None  # the writer put words of their own into our line
    return _with_introduction(answer.lines, start, own), _end_of(answer.lines, last + 1, known)


def _place_of(words: Sequence[str], said: Sequence[str]) -> int | None:
    """Return where a run of words begins among others; in time that grows with their length alone."""
    spaced = f" {' '.join(words)} "
    place = spaced.find(f" {' '.join(said)} ")
    return None if place < 0 else spaced[:place].count(" ")


def _end_of(lines: Sequence[str], index: int, known: frozenset[str]) -> int:
    """Return the line after all that is quoted with it: our signature, and the mails before ours."""
    end = index
    for number in range(index, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        if not _MARKED.match(line) and " ".join(_WORD.findall(line)) not in known:
            break
        end = number + 1
    return end


def _with_introduction(lines: Sequence[str], start: int, own: str) -> int:
    """Return where the lines begin that say whose words follow: a mailer names the address that we write from."""
    end = start
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    above = end
    while above > 0 and end - above < _INTRODUCTION and lines[above - 1].strip():
        above -= 1
    heads = (number for number in range(above, end) if _is_head(lines[number:end], own))
    introduced = (number for number in range(end - 1, above - 1, -1) if _introduces(lines[number:end], own))
    return next(heads, next(introduced, start))


def _introduces(lines: Sequence[str], own: str) -> bool:
    """Tell whether lines only say whose words follow: a mailer breaks its line once at most."""
    words = " ".join(" ".join(lines).split())
    names_us = own.casefold() in words.casefold() and words.endswith((":", "："))
    return is_attribution(words) or (names_us and len(lines) <= _BROKEN)


def _is_head(lines: Sequence[str], own: str) -> bool:
    """Tell whether lines are the fields of a mail's head: sender, date, subject."""
    fields = sum(_FIELD.match(line) is not None for line in lines)
    return fields == len(lines) >= _FIELDS and own.casefold() in "\n".join(lines).casefold()


def _folded(received: Received, answer: _Answer, region: tuple[int, int]) -> Received | None:
    before, after = answer.lines[: region[0]], answer.lines[region[1] :]
    if not _has_words(before) and not _has_words(after):
        return None  # nothing is new: somebody sent us our own words
    if _has_words(before) and _has_words(after) and not is_signature(next(line for line in after if line.strip())):
        return None  # words around a quote may answer it point by point
    quoted = "\n".join(answer.lines[region[0] : region[1]]).strip("\n")
    html = _without(received.html, _WORD.findall(quoted)) if received.html else None
    if received.html and html is None:
        return None
    new = "\n\n".join(part for part in ("\n".join(before).strip(), "\n".join(after).strip()) if part)
    folded = "\n\n".join(part for part in (quoted, received.quoted) if part)
    return replace(received, text=new, quoted=folded, html=html)


def _has_words(lines: Sequence[str]) -> bool:
    return any(_WORD.search(line) for line in lines)


def _without(html: str, quoted: Sequence[str]) -> str | None:
    """Return a page without the words of a quote; its frames stay, empty. None if they are not there in one piece."""
    tokens = [(match[0], match[2], match[4]) for match in TOKEN.finditer(html)]
    found = [
        (word, number)
        for number, (_, _, said) in enumerate(tokens)
        if said and not _is_sheet(tokens, number)
        for word in _WORD.findall(html_entities.unescape(said))
    ]
    place = _place_of([word for word, _ in found], quoted)
    if place is None:
        return None
    first, last = found[place][1], found[place + len(quoted) - 1][1]
    is_shared = (place > 0 and found[place - 1][1] == first) or (
        place + len(quoted) < len(found) and found[place + len(quoted)][1] == last
    )
    if is_shared:
        return None
    cut = {n for n in range(first, last + 1) if tokens[n][2] is not None or (tokens[n][1] or "").lower() in _CUT}
    return "".join(piece for n, (piece, _, _) in enumerate(tokens) if n not in cut)


def _is_sheet(tokens: Sequence[tuple[str, str | None, str | None]], number: int) -> bool:
    return number > 0 and (tokens[number - 1][1] or "").lower() == "style"
