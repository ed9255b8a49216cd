"""Managers in the store, with how much each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from inbox.domain.ids import ManagerId
from inbox.domain.manager import Access, Availability, Manager, Role
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.tables import managers

# Whoever answered a live conversation a moment ago still has a hand in it.
_SELECT = """
select m.*, held.load, held.holds,
  array(select team_id from team_members where manager_id = m.id) as teams
from managers m, lateral (
  select coalesce(sum(coalesce(n * (m.weights ->> channel)::int, weight)), 0)::int as load,
    coalesce(jsonb_object_agg(channel, n), '{}') as holds
  from (
    select t.channel, sum(t.weight) as weight, count(*) as n
    from tickets t
    where (t.assignee_id = m.id or t.offered_to = m.id)
      and (t.state = 'open' or t.state = 'waiting' and t.live and t.updated_at > now() - interval '10 minutes')
    group by t.channel
  ) by_channel
) held
"""
_ONLINE = _SELECT + "where m.active and m.availability = 'online'"
_FREE = _ONLINE + " and held.load < m.capacity"
_LOST = _SELECT + "where m.availability in ('online', 'busy') and coalesce(m.seen_at, m.created_at) < $1"


class Managers:
    """The managers of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self) -> list[Manager]:
        """Return every manager, by name."""
        return await self._fetch(_SELECT + "order by m.name, m.id")

    async def find(self, manager_id: ManagerId) -> Manager:
        """Return a manager; raise NotFound."""
        found = await self._fetch(_SELECT + "where m.id = $1", manager_id)
        if not found:
            raise NotFound("There is no such manager.")
        return found[0]

    async def by_email(self, email: str) -> Manager | None:
        """Return the manager with this address, whatever its case."""
        found = await self._fetch(_SELECT + "where lower(m.email) = lower($1)", email.strip())
        return found[0] if found else None

    async def any(self) -> bool:
        """Tell whether there is a manager at all."""
        return bool(await self._session.value(select(managers.c.id).limit(1)))

    async def add(self, manager: Manager) -> Manager:
        """Store a new manager."""
        await self._session.run(managers.insert().values(id=manager.id, **_row_of(manager)))
        return await self.find(manager.id)

    async def save(self, manager: Manager) -> Manager:
        """Store a changed manager, one version on; raise StaleVersion."""
        statement = (
            update(managers)
            .where(managers.c.id == manager.id, managers.c.version == manager.version)
            .values(**_row_of(manager), version=manager.version + 1)
        )
        if await self._session.run(statement) != 1:
            raise StaleVersion
        return await self.find(manager.id)

    async def online(self) -> list[Manager]:
        """Return the managers who take new work, with their present load."""
        return await self._fetch(_ONLINE)

    async def free(self) -> list[Manager]:
        """Return the managers who take new work and have room for it, with their present load."""
        return await self._fetch(_FREE)

    async def hold(self, manager_id: ManagerId) -> Manager | None:
        """Lock a manager for an assignment and return them as they are now; None if somebody else holds them.

        Locked first and counted after, in a statement of its own, so that the load includes what the last holder did.
        The lock lets others write rows that name the manager: a reply of theirs must not wait for an assignment.
        """
        lock = (
            select(managers.c.id).where(managers.c.id == manager_id).with_for_update(skip_locked=True, key_share=True)
        )
        if await self._session.value(lock) is None:
            return None
        return await self.find(manager_id)

    async def assigned(self, manager_id: ManagerId, *, now: datetime) -> None:
        """Remember when a manager was last given a ticket."""
        await self._session.run(update(managers).where(managers.c.id == manager_id).values(assigned_at=now))

    async def seen(self, manager_ids: Sequence[ManagerId], *, now: datetime) -> None:
        """Remember signs of life."""
        await self._session.run(update(managers).where(managers.c.id.in_(manager_ids)).values(seen_at=now))

    async def lost(self, *, before: datetime) -> list[Manager]:
        """Return who counts as online or busy, but gave no sign of life since `before`."""
        return await self._fetch(_LOST, before)

    async def _fetch(self, statement: str, *values: object) -> list[Manager]:
        return [_to_manager(row) for row in await self._session.driver.fetch(statement, *values)]


def _to_manager(row: Mapping[str, Any]) -> Manager:
    return Manager(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        active=row["active"],
        availability=Availability(row["availability"]),
        capacity=row["capacity"],
        load=row["load"],
        holds=row["holds"],
        weights=row["weights"],
        skills=tuple(row["skills"]),
        teams=frozenset(row["teams"]),
        silent=row["silent"],
        languages=tuple(row["languages"]),
        locale=row["locale"],
        access=Access(
            inboxes=None if row["all_inboxes"] else frozenset(row["inboxes"]),
            campaigns=None if row["all_campaigns"] else frozenset(row["campaigns"]),
        ),
        assigned_at=row["assigned_at"],
        version=row["version"],
    )


def _row_of(manager: Manager) -> dict[str, Any]:
    return {
        "email": manager.email.strip(),
        "name": manager.name,
        "role": manager.role.value,
        "active": manager.active,
        "availability": manager.availability.value,
        "capacity": manager.capacity,
        "weights": dict(manager.weights),
        "skills": list(manager.skills),
        "silent": manager.silent,
        "languages": list(manager.languages),
        "locale": manager.locale,
        "all_inboxes": manager.access.inboxes is None,
        "inboxes": sorted(manager.access.inboxes or ()),
        "all_campaigns": manager.access.campaigns is None,
        "campaigns": sorted(manager.access.campaigns or ()),
    }
