"""Why routing decided as it did: which rules, and by what they matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from inbox.domain.reasons import Reason
from inbox.domain.rulebook import CALL, Facts, Match, Outcome, Routed

_PLAIN = {
    "no_question": "no question",
    "first": "their first message",
    "not_first": "not their first message",
    "public": "public",
    "private": "not public",
    "hours": "at this time",
    "inbox": "this inbox",
    "campaign": "this campaign",
    "client": "this client",
    "no_proposal": "no rule speaks against an answer",
    "campaign_team": "the campaign's team",
}


def lane_reason(routed: Routed) -> Reason:
    """Return why a ticket is in its lane."""
    match = routed.lane_rule()
    if match is not None:
        return Reason(f"{match.rule.name}: {_said(match.because)}", (_named(match), *match.because))
    fact = {"fact": "asks", "sign": routed.asks} if routed.asks else {"fact": "no_proposal"}
    return Reason(_words(fact), (fact,))


def routing_reason(routed: Routed, facts: Facts) -> Reason | None:
    """Return which rules decided, and what; None: there was nothing to decide."""
    said = [_named(match) | {"because": list(match.because), "gave": gave(match.rule.then)} for match in routed.matches]
    texts = [f"{match.rule.name} ({_said(match.because)})" for match in routed.matches]
    if facts.campaign_team is not None and routed.team_id == facts.campaign_team:
        said.append({"fact": "campaign_team"})
        texts.append(_PLAIN["campaign_team"])
    return Reason(", ".join(texts), tuple(said)) if said else None


def gave(then: Outcome) -> dict[str, Any]:
    """Return what a rule decided, without what it left open."""
    decided = {
        "team_id": str(then.team_id) if then.team_id else None,
        "skills": list(then.skills),
        "priority": None if then.priority is None else int(then.priority),
        "lane": then.lane.value if then.lane else None,
        "tags": list(then.tags),
        "target": then.target,
    }
    return {name: value for name, value in decided.items() if value not in (None, [])}


def _named(match: Match) -> dict[str, Any]:
    return {"fact": "rule", "id": match.rule.id, "name": match.rule.name}


def _said(because: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(_words(fact) for fact in because) or "always"


def _words(fact: Mapping[str, Any]) -> str:
    match fact["fact"]:
        case "words":
            return ", ".join(f"'{word}'" for word in fact["words"])
        case "asks":
            return _sign(fact["sign"])
        case "language":
            return f"in {fact['language']}"
        case "roles":
            return "from " + ", ".join(fact["roles"])
        case "channel":
            return f"by {fact['channel']}"
    return _PLAIN[fact["fact"]]


def _sign(sign: str | None) -> str:
    if sign == CALL:
        return "a call"
    return f"asks: '{sign}'"
