"""The event stream, read in commit order.

A position is (epoch, transaction id, row). Transactions commit in another order than they begin, so a reader stops
before the oldest one still running (`pg_snapshot_xmin`): it never passes a row that is still to come, and writers share
nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from inbox.app.ports import Slice
from inbox.domain.events import Event, Position
from inbox.store.database import Session

_READ = """
with horizon as (select (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint as open)
select e.epoch, e.transaction, e.row, e.type, e.subject, e.at, e.inbox_id, e.campaign_id, e.data::text as data,
       e.transaction < h.open or e.epoch < $4 as settled
from events e, horizon h
where (e.epoch, e.transaction, e.row) > ((select $1::integer), (select $2::bigint), (select $3::bigint))
order by e.epoch, e.transaction, e.row
limit (select $5::bigint)
"""
_TIP = """
select epoch, transaction, row from events
where epoch < $1 or transaction < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
order by epoch desc, transaction desc, row desc limit 1
"""
_OLDEST = "select epoch, transaction, row from events order by epoch, transaction, row limit 1"
# The newest event stays, whatever its age: by it a reader who slept longer learns that something is gone.
_TRIM = """
delete from events where at < $1 and (epoch, transaction, row) <
  (select epoch, transaction, row from events order by epoch desc, transaction desc, row desc limit 1)
"""
_START = Position(0, 0, 0)


class Stream:
    """The event stream of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read(self, since: Position, *, epoch: int, limit: int) -> Slice:
        """Return the settled events after a position, and whether committed ones wait behind a running transaction."""
        rows = await self._session.driver.fetch(_READ, since.epoch, since.transaction, since.row, epoch, limit)
        settled = []
        for row in rows:
            if not row["settled"]:
                break
            settled.append(_to_event(row))
        return Slice(events=tuple(settled), held_back=len(settled) < len(rows), more=len(rows) == limit)

    async def tip(self, *, epoch: int) -> Position:
        """Return the position of the newest settled event."""
        row = await self._session.driver.fetchrow(_TIP, epoch)
        return Position(*row) if row else _START

    async def oldest(self) -> Position:
        """Return the position of the oldest event kept."""
        row = await self._session.driver.fetchrow(_OLDEST)
        return Position(*row) if row else _START

    async def trim(self, *, before: datetime) -> None:
        """Forget events that are too old to resume from."""
        await self._session.driver.execute(_TRIM, before)


def _to_event(row: Any) -> Event:  # noqa: ANN401 - asyncpg ships no types
    return Event(
        position=Position(row["epoch"], row["transaction"], row["row"]),
        type=row["type"],
        subject=row["subject"],
        at=row["at"].astimezone(UTC),
        inbox_id=row["inbox_id"],
        campaign_id=row["campaign_id"],
        json=row["data"],
    )


_FIND_INSTALLATION = text("select epoch, system_identifier from installation")
_PUT_INSTALLATION = text(
    "insert into installation (system_identifier, epoch) values (:identifier, 1) "
    "on conflict (one) do update set epoch = installation.epoch + 1, system_identifier = excluded.system_identifier "
    "returning epoch"
)
_IDENTIFIER = text("select system_identifier::text from pg_control_system()")


async def current_epoch(session: Session) -> int:
    """Return the stream's epoch: it rises when the database finds itself in another cluster.

    Transaction ids of a restored dump begin anew, so its old positions may not be compared with new ones.
    """
    identifier = await session.value(_IDENTIFIER)
    found = await session.row(_FIND_INSTALLATION)
    if found is not None and found["system_identifier"] == identifier:
        return int(found["epoch"])
    return int(await session.value(_PUT_INSTALLATION.bindparams(identifier=identifier)))
