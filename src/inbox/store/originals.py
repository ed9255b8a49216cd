"""What arrived, as it arrived: kept first, understood after, in quarantine when it cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from inbox.app.ports import Stored
from inbox.app.queries import Page
from inbox.channel.model import Original
from inbox.domain.ids import InboxId, OriginalId, new_id
from inbox.domain.inbox import Backlog
from inbox.domain.manager import Access
from inbox.errors import NotFound
from inbox.store.database import Session
from inbox.store.tables import originals

# What is looked for stands in a sub-select that can only be answered by index: a plan that is kept must never compare a
# batch with every original that is here.
_ADD_ALL = """
with given as (
  select * from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::json[], $8::timestamptz[])
    with ordinality as g (id, key, digest, body, content_type, headers, at, place)
)
insert into originals (id, inbox_id, key, digest, body, content_type, headers, at, state)
select id, $1, key, digest, body, content_type, headers, at, case
    when (select o.id from originals o where o.digest = given.digest and o.inbox_id = $1 limit 1) is not null
      or exists (select from given e where e.digest = given.digest and e.place < given.place) then 'duplicate'
    else $9 end
from given order by place
on conflict do nothing
returning state
"""
_PENDING = """
select o.* from (
  select id, row_number() over (order by id) as place, sum(octet_length(body)) over (order by id) as size
  from (select id, body from originals where state = 'pending' order by id limit $1) first
) chosen join originals o using (id)
where chosen.place = 1 or chosen.size <= $2
order by o.id
"""
_HOLD = "select id from originals where id = any($1) and state = $2 order by id for update"
_MARK_ALL = "update originals set state = $2, reason = null, tries = tries + 1 where id = any($1)"
_AT_ONCE = 8_000_000  # bytes of what is understood together


def digest(original: Original) -> bytes:
    """Return what tells two originals apart when their keys do not: a rescan finds the same bytes of the same time."""
    moment = original.at.isoformat().encode()
    return hashlib.sha256(moment + b"\0" + original.body).digest()


class Originals:
    """The originals of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, inbox_id: InboxId, original: Original, *, state: str, reason: str | None = None) -> bool:
        """Keep an original; False if it is here already, by its key or as the same bytes under another key."""
        found = digest(original)
        twin = select(originals.c.id).where(originals.c.inbox_id == inbox_id, originals.c.digest == found)
        row = {
            "id": new_id(),
            "inbox_id": inbox_id,
            "key": original.key,
            "digest": found,
            "body": original.body,
            "content_type": original.content_type,
            "headers": dict(original.headers),
            "at": original.at,
            "state": "duplicate" if await self._session.value(twin) else state,
            "reason": reason,
        }
        statement = insert(originals).values(**row).on_conflict_do_nothing().returning(originals.c.id)
        new = await self._session.value(statement)
        return new is not None and row["state"] != "duplicate"

    async def kept(self, inbox_id: InboxId, keys: Sequence[str]) -> frozenset[str]:
        """Return which of these keys are here."""
        known = originals.c.inbox_id == inbox_id
        rows = await self._session.rows(select(originals.c.key).where(known, originals.c.key.in_(keys)))
        return frozenset(row["key"] for row in rows)

    async def add_all(self, inbox_id: InboxId, found: Sequence[Original], *, state: str) -> int:
        """Keep originals in their order, in one statement; return how many were not here, by key or by content."""
        rows = await self._session.driver.fetch(
            _ADD_ALL,
            inbox_id,
            [new_id() for _ in found],
            [original.key for original in found],
            [digest(original) for original in found],
            [original.body for original in found],
            [original.content_type for original in found],
            [orjson.dumps(dict(original.headers)).decode() for original in found],
            [original.at for original in found],
            state,
        )
        return sum(row["state"] == state for row in rows)

    async def pending(self, *, limit: int) -> list[Stored]:
        """Return originals that nobody has understood yet, oldest first, and no more than fit into memory."""
        rows = await self._session.driver.fetch(_PENDING, limit, _AT_ONCE)
        return [_to_stored(row) for row in rows]

    async def hold(self, ids: Sequence[OriginalId], *, state: str) -> frozenset[OriginalId]:
        """Lock originals until the end of the unit; return those that are in this state."""
        return frozenset(row["id"] for row in await self._session.driver.fetch(_HOLD, list(ids), state))

    async def mark_all(self, ids: Sequence[OriginalId], state: str) -> None:
        """Say what became of originals."""
        await self._session.driver.execute(_MARK_ALL, list(ids), state)

    async def find(self, original_id: OriginalId, access: Access) -> Stored:
        """Return an original that the caller may see; raise NotFound."""
        row = await self._session.row(select(originals).where(originals.c.id == original_id))
        if row is None or not access.sees(row["inbox_id"]):
            raise NotFound("There is no such item in quarantine.")
        return _to_stored(row)

    async def get(self, original_id: OriginalId) -> Stored | None:
        """Return an original; None if it is gone."""
        row = await self._session.row(select(originals).where(originals.c.id == original_id))
        return _to_stored(row) if row else None

    async def mark(self, original_id: OriginalId, state: str, *, reason: str | None = None) -> None:
        """Say what became of an original."""
        values = {"state": state, "reason": reason, "tries": originals.c.tries + 1}
        await self._session.run(update(originals).where(originals.c.id == original_id).values(**values))

    async def quarantined(self, access: Access, *, after: tuple[str, ...] | None, limit: int) -> Page[Stored]:
        """List what could not be understood, newest first."""
        statement = select(originals).where(originals.c.state == "quarantined")
        if access.inboxes is not None:
            statement = statement.where(originals.c.inbox_id.in_(access.inboxes))
        if after is not None:
            statement = statement.where(originals.c.id < after[0])
        rows = await self._session.rows(statement.order_by(originals.c.id.desc()).limit(limit + 1))
        items = tuple(_to_stored(row) for row in rows[:limit])
        return Page(items, (str(items[-1].id),) if len(rows) > limit else None)

    async def count_quarantined(self, access: Access) -> int:
        """Count what waits in quarantine."""
        statement = select(func.count()).where(originals.c.state == "quarantined")
        if access.inboxes is not None:
            statement = statement.where(originals.c.inbox_id.in_(access.inboxes))
        return int(await self._session.value(statement))

    async def backlog(self) -> dict[InboxId, Backlog]:
        """Return what nobody has understood yet, by inbox."""
        statement = (
            select(originals.c.inbox_id, func.count().label("count"), func.min(originals.c.stored_at).label("since"))
            .where(originals.c.state == "pending")
            .group_by(originals.c.inbox_id)
        )
        rows = await self._session.rows(statement)
        return {InboxId(row["inbox_id"]): Backlog(row["count"], row["since"]) for row in rows}


def _to_stored(row: Mapping[str, Any]) -> Stored:
    return Stored(
        id=OriginalId(row["id"]),
        inbox_id=InboxId(row["inbox_id"]),
        state=row["state"],
        reason=row["reason"],
        tries=row["tries"],
        original=Original(
            key=row["key"],
            body=row["body"],
            content_type=row["content_type"],
            at=row["at"],
            headers=row["headers"],
        ),
    )
