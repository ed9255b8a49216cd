"""Managers in the store, with how much each holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from inbox.domain.ids import ManagerId, new_id
from inbox.domain.manager import Access, Availability, Manager, Role
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.routing_tables import attendance
from inbox.store.tables import managers

# Whoever answered a live conversation a moment ago still has a hand in it. Two questions instead of one with `or`: each
# has an index that begins with the manager, where one read all that is open for each of them.
_SELECT = """
select m.*, held.load, held.holds,
  array(select team_id from team_members where manager_id = m.id) as teams
from managers m, lateral (
  select coalesce(sum(coalesce(n * (m.weights ->> channel)::int, weight)), 0)::int as load,
    coalesce(jsonb_object_agg(channel, n), '{}') as holds
  from (
    select t.channel, sum(t.weight) as weight, count(*) as n
    from (
      select * from tickets where assignee_id = m.id and state in ('open', 'waiting')
      union all
      select * from tickets
      where offered_to = m.id and assignee_id is distinct from m.id and state in ('open', 'waiting')
    ) t
    where t.state = 'open' or t.live and t.updated_at > now() - interval '10 minutes'
    group by t.channel
  ) by_channel
) held
"""
_ONLINE = _SELECT + "where m.active and m.availability = 'online'"
_SPOKEN = "select array_agg(distinct language) from managers, unnest(languages) language where active"
_HOLD = """
select m.id from managers m join unnest($1::uuid[], $2::int[]) as wanted (id, version) using (id)
where m.version = wanted.version and m.active and m.availability = 'online'
order by m.id for no key update of m skip locked
"""
_ASSIGNED = "update managers set assigned_at = $2 where id = any($1::uuid[])"
_ATTENDS = """
with changed as (
  update managers set availability_since = coalesce($4, now()) where id = $2 and availability <> $3
  returning id, availability_since
)
insert into attendance (id, manager_id, at, availability) select $1, id, availability_since, $3 from changed
"""
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
        await self._session.run(
            attendance.insert().values(
                id=new_id(), manager_id=manager.id, at=func.now(), availability=manager.availability.value
            )
        )
        return await self.find(manager.id)

    async def save(self, manager: Manager, *, at: datetime | None = None) -> Manager:
        """Store a changed manager, one version on; raise StaleVersion. When they came or went is remembered.

        `at` is when; the database's own time where nothing is said.
        """
        await self._session.driver.execute(_ATTENDS, new_id(), manager.id, manager.availability.value, at)
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

    async def name_of(self, manager_id: ManagerId) -> str:
        """Return a manager's name alone, without asking what they hold."""
        return str(await self._session.driver.fetchval("select name from managers where id = $1", manager_id))

    async def spoken(self) -> tuple[str, ...]:
        """Return the languages that somebody of us speaks, there or not."""
        found = await self._session.driver.fetchval(_SPOKEN)
        return tuple(found or ())

    async def hold(self, wanted: Mapping[ManagerId, int]) -> frozenset[ManagerId]:
        """Lock managers who are still there as they were at that version, without those whom somebody else holds.

        The lock lets others write rows that name the manager: a reply of theirs must not wait for an assignment.
        """
        rows = await self._session.driver.fetch(_HOLD, list(wanted), list(wanted.values()))
        return frozenset(row["id"] for row in rows)

    async def assigned(self, manager_ids: Collection[ManagerId], *, now: datetime) -> None:
        """Remember when managers were last given a ticket."""
        if manager_ids:
            await self._session.driver.execute(_ASSIGNED, list(manager_ids), now)

    async def let_pass(self, manager_id: ManagerId, *, in_a_row: int) -> None:
        """Remember how many offers a manager let pass in a row."""
        changed = update(managers).where(managers.c.id == manager_id, managers.c.silent != in_a_row)
        await self._session.run(changed.values(silent=in_a_row))

    async def seen(self, manager_ids: Sequence[ManagerId], *, now: datetime) -> None:
        """Remember signs of life."""
        await self._session.run(update(managers).where(managers.c.id.in_(manager_ids)).values(seen_at=now))

    async def lost(self, *, before: datetime) -> list[Manager]:
        """Return who counts as online or busy, but gave no sign of life since `before`."""
        return await self._fetch(_LOST, before)

    async def went_missing(self, manager_id: ManagerId) -> bool:
        """Tell whether a manager only counts as away since there was no sign of life of them."""
        silent = func.coalesce(managers.c.seen_at, managers.c.created_at) < managers.c.availability_since
        is_away = managers.c.availability == Availability.AWAY.value
        found = select(managers.c.id).where(managers.c.id == manager_id, is_away, silent)
        return await self._session.value(found) is not None

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
        "languages": list(manager.languages),
        "locale": manager.locale,
        "all_inboxes": manager.access.inboxes is None,
        "inboxes": sorted(manager.access.inboxes or ()),
        "all_campaigns": manager.access.campaigns is None,
        "campaigns": sorted(manager.access.campaigns or ()),
    }
