"""Notices inboxes that nobody fetches, and tells people of those that have been down for a while, once each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.app.inboxes import inbox_event
from inbox.app.letters import Postman, outage_letter
from inbox.app.ports import Units
from inbox.channel.host import Log
from inbox.domain.inbox import PATIENCE, Inbox
from inbox.domain.manager import Manager, Role
from inbox.errors import Unavailable

_UNHEARD = timedelta(minutes=3)
_NOBODY = "No process of the service fetches this inbox; one with the work in it has to run (inbox serve, inbox work)."


@dataclass(frozen=True, slots=True)
class Crier:
    """How people are reached who do not look at the desk."""

    postman: Postman | None  # None: the log alone is told
    site: str
    log: Log


async def notice_unheard(units: Units, *, now: datetime) -> int:
    """Show as down what no process fetches any more: one that has died cannot say so itself."""
    async with units() as unit:
        left = await unit.inboxes.unheard(since=now - _UNHEARD, note=_NOBODY, now=now)
        for inbox in left:
            unit.record(inbox_event(inbox))
    return len(left)


async def tell_of_outages(units: Units, crier: Crier, *, now: datetime) -> int:
    """Mail those who can mend it; return how many inboxes were told of. A mail that fails is tried again later."""
    async with units() as unit:
        down = await unit.inboxes.to_tell(down_before=now - PATIENCE, now=now)
        everybody = await unit.managers.all() if down else []
    for inbox in down:
        crier.log.warning("inbox.down", inbox=str(inbox.id))
        if not await _told(crier, inbox, menders(everybody, inbox)):
            async with units() as unit:
                await unit.inboxes.not_told(inbox.id)
    return len(down)


def menders(managers: Sequence[Manager], inbox: Inbox) -> list[Manager]:
    """Return who is told of an inbox: leads and administrators who see it, else every administrator."""
    seeing = [each for each in managers if each.active and each.access.sees(inbox.id) and each.role.includes(Role.LEAD)]
    return seeing or [each for each in managers if each.active and each.role is Role.ADMIN]


async def _told(crier: Crier, inbox: Inbox, people: Sequence[Manager]) -> bool:
    """Write to everybody; False only if nobody was reached, for else some would be told twice."""
    if crier.postman is None or inbox.outage is None:
        return True
    reached = not people
    for manager in people:
        try:
            await crier.postman.send(outage_letter(manager, inbox, inbox.outage, site=crier.site))
        except Unavailable:
            continue
        reached = True
    return reached
