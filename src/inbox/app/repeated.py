"""What an answer repeats of us is known by what we sent, before any rule about quotes is asked."""

from __future__ import annotations

from dataclasses import replace

from inbox.app.arrival import Arrival
from inbox.app.ports import Unit

_NEAREST = 12  # messages that an answer names; older ones are quoted within these


async def without_repeats(unit: Unit, arrival: Arrival) -> Arrival:
    """Return an answer to us with what it repeats of the thread folded away, where its channel can tell."""
    received = arrival.received
    if arrival.folds is None or received.ticket is None or not received.references or received.outbound:
        return arrival
    told = await unit.messages.told(arrival.inbox.id, received.references[:_NEAREST])
    if not any(each.ours for each in told):
        return arrival
    return replace(arrival, received=arrival.folds.fold(received, told))
