"""The rulebook as a JSON document: as it is stored, sent and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import time
from typing import Any, TypeVar
from uuid import UUID

from inbox.domain.ids import CampaignId, ClientId, InboxId, TeamId
from inbox.domain.lanes import Lane
from inbox.domain.rulebook import Conditions, Hours, Outcome, Rule, Rulebook, Stop
from inbox.domain.ticket import Priority

T = TypeVar("T")
_FLAGS = ("first", "public", "asks", "at_most")


def to_document(book: Rulebook) -> dict[str, Any]:
    """Write a rulebook as JSON."""
    return {
        "stop": book.stop.value,
        "rules": [_rule(rule) for rule in book.rules],
        "weights": dict(book.weights),
        "targets": dict(book.targets),
        "inbox_targets": {str(inbox_id): minutes for inbox_id, minutes in book.inbox_targets.items()},
        "vip_factor": book.vip_factor,
        "vip_roles": sorted(book.vip_roles),
        "fallback_languages": list(book.fallback_languages),
    }


def from_document(document: Mapping[str, Any]) -> Rulebook:
    """Read a rulebook; what an older version of the document does not have is as in a new one."""
    return Rulebook(
        rules=tuple(_to_rule(rule) for rule in document.get("rules", ())),
        stop=Stop(document.get("stop", Stop.ALL)),
        weights=dict(document.get("weights", {})),
        targets=dict(document.get("targets", {})),
        inbox_targets={InboxId(UUID(k)): v for k, v in document.get("inbox_targets", {}).items()},
        vip_factor=document.get("vip_factor", 50),
        vip_roles=frozenset(document.get("vip_roles", ("vip",))),
        fallback_languages=tuple(document.get("fallback_languages", ())),
    )


def _rule(rule: Rule) -> dict[str, Any]:
    when, then = rule.when, rule.then
    return {
        "id": rule.id,
        "name": rule.name,
        "active": rule.active,
        "when": {f.name: _plain(getattr(when, f.name)) for f in fields(when)},
        "then": {f.name: _plain(getattr(then, f.name)) for f in fields(then)},
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    match value:
        case Hours():
            return {
                "zone": value.zone,
                "days": sorted(value.days),
                "since": _clock(value.since),
                "until": _clock(value.until),
            }
        case frozenset():
            return sorted(str(one) for one in value)
        case tuple():
            return list(value)
        case UUID():
            return str(value)
        case Priority():
            return int(value)
        case Lane():
            return value.value
    return value


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


def _to_rule(rule: Mapping[str, Any]) -> Rule:
    return Rule(
        id=rule["id"],
        name=rule["name"],
        when=_to_conditions(rule.get("when", {})),
        then=_to_outcome(rule.get("then", {})),
        active=rule.get("active", True),
    )


def _to_conditions(when: Mapping[str, Any]) -> Conditions:
    hours = when.get("hours")
    return Conditions(
        inboxes=_ids(InboxId, when.get("inboxes")),
        channels=frozenset(when.get("channels", ())),
        campaigns=_ids(CampaignId, when.get("campaigns")),
        clients=_ids(ClientId, when.get("clients")),
        languages=frozenset(when.get("languages", ())),
        words=tuple(when.get("words", ())),
        without=tuple(when.get("without", ())),
        roles=frozenset(when.get("roles", ())),
        hours=_to_hours(hours) if hours else None,
        **{name: when.get(name) for name in _FLAGS},
    )


def _to_hours(hours: Mapping[str, Any]) -> Hours:
    since, until = time.fromisoformat(hours["since"]), time.fromisoformat(hours["until"])
    return Hours(hours["zone"], frozenset(hours["days"]), since, until)


def _to_outcome(then: Mapping[str, Any]) -> Outcome:
    team, priority, lane = then.get("team_id"), then.get("priority"), then.get("lane")
    return Outcome(
        team_id=TeamId(UUID(team)) if team else None,
        skills=tuple(then.get("skills", ())),
        priority=None if priority is None else Priority(priority),
        lane=Lane(lane) if lane else None,
        tags=tuple(then.get("tags", ())),
        target=then.get("target"),
    )


def _ids(kind: Callable[[UUID], T], texts: Iterable[str] | None) -> frozenset[T]:
    return frozenset(kind(UUID(text)) for text in texts or ())
