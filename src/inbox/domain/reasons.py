"""Reasons: why the service decided as it did, as facts for programs and as words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Fact = Mapping[str, Any]  # {"fact": "speaks", "language": "fr"}: a name, and what belongs to it


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided; screens write words of their own from the facts."""

    text: str  # English
    facts: tuple[Fact, ...] = ()


def to_reason(value: Mapping[str, Any] | None) -> Reason | None:
    """Read a reason from its JSON."""
    return None if value is None else Reason(value["text"], tuple(value["facts"]))


def reason_view(reason: Reason | None) -> dict[str, Any] | None:
    """Show a reason as JSON."""
    return None if reason is None else {"text": reason.text, "facts": [dict(fact) for fact in reason.facts]}
