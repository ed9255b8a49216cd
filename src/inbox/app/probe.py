"""Tries out what an inbox may build on, by messages that it sends to itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from inbox.app.inboxes import inbox_event
from inbox.app.limits import Limit, spend
from inbox.app.opened import OpenInboxes
from inbox.app.ports import Unit, Units
from inbox.channel.contract import Probes
from inbox.channel.host import Clock
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.errors import InboxError

_A_DAY = Limit("probe", 1, timedelta(days=1))


async def proved(unit: Unit, inbox_id: InboxId, settings: Mapping[str, Any]) -> None:
    """Note what a probe that arrived has shown; the inbox is opened anew with it."""
    inbox = await unit.inboxes.find(inbox_id)
    config = {**inbox.config, **settings}
    if config != inbox.config:
        unit.record(inbox_event(await unit.inboxes.save(replace(inbox, config=config))))


async def probe_due(units: Units, inboxes: OpenInboxes, clock: Clock) -> int:
    """Send the probes that inboxes want, each once a day until it has arrived; return how many were sent."""
    async with units.reading() as unit:
        found = [inbox for inbox in await unit.inboxes.all() if inbox.active]
    return sum([await _probe(units, inboxes, inbox, clock) for inbox in found])


async def _probe(units: Units, inboxes: OpenInboxes, inbox: Inbox, clock: Clock) -> bool:
    try:
        connection = (await inboxes.get(inbox.id)).connection
        if not isinstance(connection, Probes) or not connection.wants_proof():
            return False
        async with units() as unit:
            # Other settings may mean another server, which is asked anew.
            if await spend(unit, (_A_DAY, f"{inbox.id} {inbox.version}"), now=clock()):
                return False
        await connection.probe()
    except InboxError:
        return False  # what is wrong with the inbox is shown where it fetches and sends; tomorrow is another day
    return True
