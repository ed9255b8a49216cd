"""Reasons: why the service decided as it did, as facts for programs and as words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Fact = Mapping[str, Any]  # {"fact": "speaks", "language": "fr"}: a name, and what belongs to it

_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
}
_REFUSED = {
    "offline": "offline",
    "away": "away",
    "busy": "busy",
    "not_permitted": "may not see it",
    "other_team": "in other teams",
    "declined": "declined it",
    "skill": "without the skill",
    "language": "without the language",
    "full": "full",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided; screens write words of their own from the facts."""

    text: str  # English
    facts: tuple[Fact, ...] = ()


def in_words(facts: Iterable[Fact]) -> Reason:
    """Return a reason from its facts; a fact that has no words stays one for programs."""
    kept = tuple(facts)
    words = (_WORDS[fact["fact"]](fact) for fact in kept if fact["fact"] in _WORDS)
    text = ", ".join(word for word in words if word)
    return Reason(text[:1].upper() + text[1:], kept)


def to_reason(value: Mapping[str, Any] | None) -> Reason | None:
    """Read a reason from its JSON."""
    return None if value is None else Reason(value["text"], tuple(value["facts"]))


def reason_view(reason: Reason | None) -> dict[str, Any] | None:
    """Show a reason as JSON."""
    return None if reason is None else {"text": reason.text, "facts": [dict(fact) for fact in reason.facts]}


def span(seconds: int) -> str:
    """Write a length of time as people say it."""
    if abs(seconds) < 90:
        return f"{seconds} s"
    if abs(seconds) < 5400:
        return f"{round(seconds / 60)} min"
    if abs(seconds) < 129_600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86_400)} d"


def language_name(language: str) -> str:
    """Return a language's English name, or its tag where we know none."""
    return _LANGUAGES.get(language.partition("-")[0].casefold(), language)


def _due(fact: Fact) -> str:
    seconds = fact["seconds"]
    return f"due in {span(seconds)}" if seconds >= 0 else f"overdue by {span(-seconds)}"


def _refused(fact: Fact) -> str:
    return f"{fact['count']} {_REFUSED.get(fact['why'], fact['why'])}"


_WORDS: dict[str, Callable[[Fact], str]] = {
    "speaks": lambda fact: language_name(fact["language"]),
    "nobody_free_speaks": lambda fact: f"nobody free speaks {language_name(fact['language'])}",
    "knows_contact": lambda _: "knows the contact",
    "skills": lambda fact: ", ".join(fact["skills"]),
    "overflow": lambda fact: f"helps {fact['team']}",
    "holds": lambda fact: f"{fact['count']} of {fact['room_for']} in {fact['channel']}",
    "due_in": _due,
    "claimed": lambda _: "taken",
    "given": lambda fact: f"given by {fact['name']}",
    "accepted": lambda _: "accepted",
    "more_time": lambda _: "with more time",
    "released": lambda _: "given back",
    "left": lambda fact: f"{fact['name']} is {fact['availability'].replace('_', ' ')}",
    "pulled": lambda fact: f"{fact['team']} takes its tickets itself",
    "next": lambda _: "is being given to somebody",
    "refused": _refused,
    "overflow_in": lambda fact: f"other teams help in {span(fact['seconds'])}",
    "fallback_in": lambda fact: f"other languages will do in {span(fact['seconds'])}",
    "any_language_in": lambda fact: f"any language will do in {span(fact['seconds'])}",
    "waiting": lambda fact: f"waiting for {span(fact['seconds'])}",
    "offered": lambda fact: f"offered to {fact['name']} for {span(fact['seconds'])} more",
    "lane": lambda fact: f"in the lane {fact['lane']}",
    "snoozed": lambda _: "put off",
}
