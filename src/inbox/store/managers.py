"""Managers in the store, with how much each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from inbox.domain.ids import ManagerId
from inbox.domain.manager import Access, Availability, Manager, Role
from inbox.domain.ticket import State
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.tables import managers, tickets

_load = (
    select(func.count())
    .where(tickets.c.assignee_id == managers.c.id, tickets.c.state == State.OPEN.value)
    .correlate(managers)
    .scalar_subquery()
    .label("load")
)

# Asked for every ticket that nobody has.
_FREE = """
select m.*, held.load from managers m,
  lateral (select count(*) as load from tickets t where t.assignee_id = m.id and t.state = 'open') held
where m.active and m.availability = 'online' and held.load < m.capacity
"""


def _selected() -> Select[Any]:
    return select(managers, _load)


class Managers:
    """The managers of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self) -> list[Manager]:
        """Return every manager, by name."""
        rows = await self._session.rows(_selected().order_by(managers.c.name, managers.c.id))
        return [_to_manager(row) for row in rows]

    async def find(self, manager_id: ManagerId) -> Manager:
        """Return a manager; raise NotFound."""
        row = await self._session.row(_selected().where(managers.c.id == manager_id))
        if row is None:
            raise NotFound("There is no such manager.")
        return _to_manager(row)

    async def by_email(self, email: str) -> Manager | None:
        """Return the manager with this address, whatever its case."""
        row = await self._session.row(_selected().where(func.lower(managers.c.email) == email.strip().lower()))
        return _to_manager(row) if row else None

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
        statement = _selected().where(managers.c.active, managers.c.availability == Availability.ONLINE.value)
        return [_to_manager(row) for row in await self._session.rows(statement)]

    async def free(self) -> list[Manager]:
        """Return the managers who take new work and have room for it, with their present load."""
        return [_to_manager(row) for row in await self._session.driver.fetch(_FREE)]

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
        present = (Availability.ONLINE.value, Availability.BUSY.value)
        statement = _selected().where(
            managers.c.availability.in_(present), func.coalesce(managers.c.seen_at, managers.c.created_at) < before
        )
        return [_to_manager(row) for row in await self._session.rows(statement)]


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
        "languages": list(manager.languages),
        "locale": manager.locale,
        "all_inboxes": manager.access.inboxes is None,
        "inboxes": sorted(manager.access.inboxes or ()),
        "all_campaigns": manager.access.campaigns is None,
        "campaigns": sorted(manager.access.campaigns or ()),
    }
