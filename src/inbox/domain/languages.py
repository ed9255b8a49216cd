"""Languages: which one a text is in, as far as that can be told, and what speaks for one before a word is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import exp
from typing import Protocol

from inbox.domain.contact import Contact, LanguageBy

DESK = ("de", "en")  # the desk's own languages: somebody can always read these

FLOOR = 0.8  # below it nobody is told a language: a wrong one sends people to the wrong desk

# How many times as likely a language becomes by what is known beforehand.
_SET = 20.0  # a manager said that this person writes it
_TOLD = 8.0  # the source says it of this very text
_WRITES = 6.0  # this person wrote it before
_LAST = 3.0  # the ticket was in it a moment ago
_PAGE = 3.0  # the page or the browser is in it
_CAMPAIGN = 2.0
# What a text may also be, though nobody here reads it: better called unknown than taken for the nearest neighbour.
_OUTSIDE = 0.02

_ENOUGH = 12  # letters and spaces from which on the detector is fully believed: "Berlin" is no German
_READ = 2_000  # characters of a text that are looked at at all
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676, section 4.3
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
# What is no word of any language: addresses, @names, tags, numbers, order codes, names of variables, paths.
_FOREIGN = re.compile(r"[@#\d_/\\]|^www\.", re.IGNORECASE)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


class Detector(Protocol):
    """Something that knows languages by their letters."""

    def weigh(self, text: str) -> Mapping[str, float]:
        """Return how well each language explains a text, as logarithms up to a constant; empty if none does."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What speaks for a language before a word is read."""

    set_by_hand: str | None = None  # a manager said so of the person
    told: str | None = None  # the source says it of this text
    contact: str | None = None  # the person wrote it before
    ticket: str | None = None  # the language of the ticket so far
    page: str | None = None  # of the page, the browser or the account
    campaign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was found to be in: None for unknown. `clear` says that the text alone tells."""

    language: str | None = None
    clear: bool = False


UNREAD = Reading()
_SURER = {by: place for place, by in enumerate(LanguageBy)}


def base(tag: str) -> str:
    """Return the language of a tag without its country or script (RFC 5646, section 2.2.1)."""
    return tag.partition("-")[0].casefold()


def in_use(*groups: Iterable[str]) -> frozenset[str]:
    """Return the languages that are in use: those of the desk and of all who are named."""
    return frozenset(DESK).union(*({base(tag) for tag in group} for group in groups))


def named(contact: Contact, language: str, by: LanguageBy) -> Contact:
    """Return a person whose language somebody names; who knows it less surely than we do changes nothing."""
    if contact.language is not None and contact.language_by and _SURER[by] < _SURER[contact.language_by]:
        return contact
    return replace(contact, language=language, language_by=by)


def learnt(contact: Contact, reading: Reading) -> Contact:
    """Return a person after a text of theirs: two clear ones that agree tell which language they write."""
    if not reading.clear or reading.language is None:
        return contact
    if contact.heard != reading.language:
        return replace(contact, heard=reading.language)
    if contact.language_by is LanguageBy.TEXTS and contact.language and base(contact.language) == reading.language:
        return contact
    same = contact.language is not None and base(contact.language) == reading.language
    return named(contact, contact.language if same and contact.language else reading.language, LanguageBy.TEXTS)


def hints_of(
    contact: Contact | None, *, told: str | None, page: str | None, ticket: str | None, campaign: tuple[str, ...]
) -> Hints:
    """Return what is known beforehand of somebody who writes, and of where they do."""
    own = contact.language if contact else None
    by = contact.language_by if contact else None
    return Hints(
        set_by_hand=own if by is LanguageBy.PERSON else None,
        told=told,
        contact=own if by is LanguageBy.TEXTS else None,
        page=page or own,
        ticket=ticket,
        campaign=campaign,
    )


def evidence(detector: Detector, text: str, *names: str | None) -> Mapping[str, float]:
    """Weigh what a text says, without the names of who speaks; few letters speak less for a language than many."""
    words = said(text, *names)
    weights = detector.weigh(f" {words} ") if words else {}
    trust = min(1.0, len(words) / _ENOUGH)
    return weights if trust == 1 else {language: how * trust for language, how in weights.items()}


def said(text: str, *names: str | None) -> str:
    """Return the words of a text: without what it quotes, links, code, signature, and the names of who speaks."""
    own = _SIGNATURE.split(text[:_READ], maxsplit=1)[0]
    own = _CODE.sub(" ", _QUOTED.sub(" ", own))
    called = {part.casefold() for name in names if name for part in name.split()}
    return " ".join(word for word in own.split() if _is_word(word, called))


def _is_word(word: str, called: set[str]) -> bool:
    if word.isalpha():
        return word.casefold() not in called
    core = _EDGES.sub("", word)
    return bool(core) and not _FOREIGN.search(word) and core.casefold() not in called


def read(weights: Mapping[str, float], hints: Hints, used: frozenset[str]) -> Reading:
    """Decide which of the languages in use a text is in, from how its letters weigh and from what is known beforehand.

    A text whose letters speak for a language that nobody here reads is unknown.
    """
    likely, outside = _likely(weights, used)
    language = _sure({known: how * _prior(known, hints) for known, how in likely.items()}, outside)
    return Reading(language, clear=bool(weights) and language is not None and _sure(likely, outside) == language)


def _likely(weights: Mapping[str, float], used: frozenset[str]) -> tuple[dict[str, float], float]:
    """Return how likely the text is in each language in use, and in all the others together."""
    if not weights:
        return dict.fromkeys(used, 1.0), 0.0
    most = max(weights.values())
    others = sum(exp(how - most) for language, how in weights.items() if language not in used)
    return {known: exp(weights[known] - most) for known in used & weights.keys()}, others * _OUTSIDE


def _sure(likely: Mapping[str, float], outside: float) -> str | None:
    """Return the language that outweighs the rest, if one does."""
    best = max(sorted(likely), key=likely.__getitem__, default=None)
    return best if best and likely[best] >= FLOOR * (sum(likely.values()) + outside) else None


def _prior(language: str, hints: Hints) -> float:
    times = 1.0
    for hint, factor in (
        (hints.set_by_hand, _SET),
        (hints.told, _TOLD),
        (hints.contact, _WRITES),
        (hints.ticket, _LAST),
        (hints.page, _PAGE),
    ):
        if hint is not None and base(hint) == language:
            times *= factor
    return times * _CAMPAIGN if language in map(base, hints.campaign) else times
