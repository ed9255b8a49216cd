"""What is to be sent: leased, tried, tried again, or given up where a person sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from inbox.app.ports import Leased
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.store.database import Session
from inbox.store.tables import outbox

# Locked rows are somebody else's; a lease that ran out is anybody's. A later message of a ticket waits for the earlier.
_LEASE = """
with due as (
  select o.message_id from outbox o
  where o.done_at is null and o.run_at <= $1 and (o.leased_until is null or o.leased_until < $1)
    and not exists (
      select 1 from outbox e where e.ticket_id = o.ticket_id and e.done_at is null and e.message_id < o.message_id
    )
  order by o.run_at limit $2 for update skip locked
)
update outbox o set leased_until = $3, lease = o.lease + 1, attempt = o.attempt + 1
from due where o.message_id = due.message_id
returning o.message_id, o.inbox_id, o.ticket_id, o.frozen, o.attempt, o.lease
"""


class Outbox:
    """The outbox of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(
        self, message_id: MessageId, inbox_id: InboxId, ticket_id: TicketId, *, run_at: datetime, frozen: bytes | None
    ) -> None:
        """Ask for a message to be sent."""
        row = {"inbox_id": inbox_id, "ticket_id": ticket_id, "run_at": run_at, "frozen": frozen}
        await self._session.run(outbox.insert().values(message_id=message_id, **row))

    async def again(self, message_id: MessageId, *, run_at: datetime) -> None:
        """Begin anew with a message whose delivery had ended; its bytes stay the same."""
        anew = {"run_at": run_at, "done_at": None, "attempt": 0, "leased_until": None, "error": None}
        await self._session.run(update(outbox).where(outbox.c.message_id == message_id).values(**anew))

    async def lease(self, *, now: datetime, limit: int, lasts: timedelta) -> list[Leased]:
        """Take what is due, each row for one worker only."""
        rows = await self._session.driver.fetch(_LEASE, now, limit, now + lasts)
        return [Leased(**dict(row)) for row in rows]

    async def done(self, leased: Leased, *, now: datetime, error: str | None = None) -> bool:
        """End a row; False if the lease was lost meanwhile to another worker."""
        return await self._end(leased, {"done_at": now, "error": error, "leased_until": None})

    async def later(self, leased: Leased, *, run_at: datetime, error: str) -> bool:
        """Put a row back for another try; False if the lease was lost."""
        return await self._end(leased, {"run_at": run_at, "error": error, "leased_until": None})

    async def next_due(self) -> datetime | None:
        """Return when the next row is due."""
        pending = func.min(func.greatest(outbox.c.run_at, func.coalesce(outbox.c.leased_until, outbox.c.run_at)))
        found: datetime | None = await self._session.value(select(pending).where(outbox.c.done_at.is_(None)))
        return found

    async def _end(self, leased: Leased, values: dict[str, Any]) -> bool:
        statement = (
            update(outbox)
            .where(outbox.c.message_id == leased.message_id, outbox.c.lease == leased.lease)
            .values(**values)
        )
        return await self._session.run(statement) == 1
