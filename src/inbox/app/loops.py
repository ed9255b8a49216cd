"""Keeps two machines from talking to each other: what one of them writes without end wakes nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from inbox.app.arrival import Arrival
from inbox.app.limits import Limit, spend
from inbox.app.ports import Known, Unit
from inbox.domain.threading import Candidate, Evidence

FLOOD = "flood"  # of a message's meta: one of too many that a machine wrote
_PEER = Limit("automatic-peer", 10, timedelta(hours=1))  # one sender in an inbox


async def quieted(unit: Unit, arrival: Arrival, known: Known, *, now: datetime) -> tuple[Arrival, Known]:
    """Return a message as it counts: of a machine that wrote too many within an hour it asks for nothing.

    It joins what it belongs to, or the last ticket of its sender, so that no flood of mails is a flood of tickets.
    """
    received = arrival.received
    if not received.automatic or not received.sender.claims:
        return arrival, known
    who = f"{arrival.inbox.id}:{received.sender.claims[0].key}"
    if not await spend(unit, (_PEER, who), now=now):
        return arrival, known
    silent = replace(received, wants_answer=False, meta={**received.meta, FLOOD: True})
    before = known.latest
    last = (Candidate(before, Evidence.FLOOD),) if before is not None else ()
    return replace(arrival, received=silent), replace(known, candidates=known.candidates or last)
