"""What routing changes of a ticket; what a person set stays as they set it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inbox.domain.lanes import Lane
from inbox.domain.routing_reasons import lane_reason, routing_reason
from inbox.domain.rulebook import Facts, Routed
from inbox.domain.ticket import State, Ticket, clocked

RULE, MANAGER = "rule", "manager"
BY_HAND = frozenset({"priority", "team_id", "skills", "tags"})  # what rules decide and people may

_URGE = {Lane.SPAM: 0, Lane.NOTHING: 1, Lane.THANK: 2, Lane.ANSWER: 3}


def wants_routing(before: Ticket | None, ticket: Ticket) -> bool:
    """Tell whether a message leaves anything to decide: not if the ticket waits for an answer already."""
    waited = before is not None and before.state is State.OPEN and before.lane is Lane.ANSWER
    return ticket.state is State.OPEN and not waited


def after_message(ticket: Ticket, routed: Routed, facts: Facts, *, before: Ticket | None) -> Ticket:
    """Return a ticket as the rules want it after a message of its contact; `before` is how it was until then."""
    if before is None or before.state is not State.OPEN:
        return with_decisions(_in_new_lane(ticket, routed, before), routed, facts)
    lifted = lifted_lane(before, routed)
    if lifted is None:
        return ticket
    # Somebody waits since this message, not since the praise that lay there.
    since = facts.at if lifted is Lane.ANSWER else ticket.waiting_since
    return with_decisions(_laned(replace(ticket, waiting_since=since), lifted, routed), routed, facts)


def after_stranger(ticket: Ticket, routed: Routed, *, before: Ticket) -> Ticket:
    """Return a ticket after a word of somebody who is nobody of it: it may ask for us, and decides nothing else."""
    lifted = lifted_lane(before, routed)
    return clocked(_laned(ticket, lifted, routed)) if lifted else ticket


def again(ticket: Ticket, routed: Routed, facts: Facts) -> Ticket:
    """Return a ticket as the rules want it after a person changed what they ask for; its lane may only become nearer.

    Rules see the last message alone: a thank after a question must not make the question disappear.
    """
    lifted = lifted_lane(ticket, routed)
    return with_decisions(_laned(ticket, lifted, routed) if lifted else ticket, routed, facts)


def lifted_lane(before: Ticket, routed: Routed) -> Lane | None:
    """Return the lane to which an open ticket rises; None: it stays.

    A lane that a person chose holds, until somebody asks; spam stays spam, but not in a public thread, where the next
    word is another person's.
    """
    if before.lane_by == MANAGER and (routed.asks is None or (before.lane is Lane.SPAM and not before.public)):
        return None
    return routed.lane if _URGE[routed.lane] > _URGE[before.lane] else None


def with_decisions(ticket: Ticket, routed: Routed, facts: Facts) -> Ticket:
    """Return a ticket with what the rules decided, but for what a person set."""
    decided: dict[str, Any] = {
        "team_id": routed.team_id,
        "skills": routed.skills,
        "priority": routed.priority,
        "tags": tuple(dict.fromkeys((*ticket.tags, *routed.tags))),
    }
    kept = {name: value for name, value in decided.items() if name not in ticket.by_hand}
    why = routing_reason(routed, facts)
    return clocked(replace(ticket, weight=routed.weight, target=routed.target, routed_why=why, **kept))


def _in_new_lane(ticket: Ticket, routed: Routed, before: Ticket | None) -> Ticket:
    if before is not None and before.lane is Lane.SPAM and before.lane_by == MANAGER and not ticket.public:
        return ticket
    return _laned(ticket, routed.lane, routed)


def _laned(ticket: Ticket, lane: Lane, routed: Routed) -> Ticket:
    return replace(ticket, lane=lane, lane_by=RULE, lane_why=lane_reason(routed))
