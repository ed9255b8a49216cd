"""How routing is shown: what a rulebook would decide about a ticket, rule by rule."""

from __future__ import annotations

from typing import Any

from inbox.app.routing import Trial, Verdict
from inbox.app.views import ticket_view
from inbox.domain.reasons import reason_view
from inbox.domain.routing_reasons import lane_reason, routing_reason
from inbox.domain.rulebook import Routed

_SHOWN = 2_000  # characters of a text


def trial_view(trial: Trial) -> dict[str, Any]:
    """Show a trial."""
    deciding = {match.rule.id for match in trial.routed.matches}
    return {
        "ticket": ticket_view(trial.ticket),
        "text": trial.facts.text[:_SHOWN],
        "decided": _decided(trial),
        "verdicts": [_verdict(verdict, decides=verdict.rule.id in deciding) for verdict in trial.verdicts],
    }


def _decided(trial: Trial) -> dict[str, Any]:
    routed: Routed = trial.routed
    return {
        "lane": routed.lane.value,
        "team_id": str(routed.team_id) if routed.team_id else None,
        "skills": list(routed.skills),
        "priority": int(routed.priority),
        "tags": list(routed.tags),
        "weight": routed.weight,
        "target": max(int(routed.target.total_seconds()) // 60, 1),
        "lane_why": reason_view(lane_reason(routed)),
        "why": reason_view(routing_reason(routed, trial.facts)),
    }


def _verdict(verdict: Verdict, *, decides: bool) -> dict[str, Any]:
    return {
        "rule_id": verdict.rule.id,
        "name": verdict.rule.name,
        "matches": verdict.missed is None,
        "decides": decides,
        "because": [dict(fact) for fact in verdict.because],
        "missed": verdict.missed,
    }
