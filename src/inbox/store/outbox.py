"""What is to be sent: leased, tried, tried again, or given up where a person sees it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from inbox.app.ports import Leased
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.store.database import Session
from inbox.store.tables import outbox

# A later message of a ticket waits for the earlier, by the order that its readers know and no clock decides.
_FIRST_OF_TICKET = """
  o.done_at is null and not exists (
    select from outbox e join messages f on f.id = e.message_id
    where e.ticket_id = o.ticket_id and e.done_at is null and f.seq < m.seq
  )
"""
# Locked rows are somebody else's; a lease that ran out is anybody's.
_LEASE = f"""
with due as (
  select o.message_id from outbox o join messages m on m.id = o.message_id
  where {_FIRST_OF_TICKET} and o.inbox_id <> all($4)
    and o.run_at <= $1 and (o.leased_until is null or o.leased_until < $1)
  order by o.run_at limit $2 for update of o skip locked
)
update outbox o set leased_until = $3, lease = o.lease + 1, attempt = o.attempt + 1
from due where o.message_id = due.message_id
returning o.message_id, o.inbox_id, o.ticket_id, o.frozen, o.attempt, o.lease
"""  # noqa: S608 - made of constants
_NEXT_DUE = f"""
select min(greatest(o.run_at, coalesce(o.leased_until, o.run_at)))
from outbox o join messages m on m.id = o.message_id where {_FIRST_OF_TICKET} and o.inbox_id <> all($1)
"""  # noqa: S608 - made of constants


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
        anew: dict[str, Any] = {"run_at": run_at, "done_at": None, "attempt": 0, "leased_until": None, "error": None}
        anew["lease"] = outbox.c.lease + 1  # whoever still holds an old one has no say in the new round
        await self._session.run(update(outbox).where(outbox.c.message_id == message_id).values(**anew))

    async def frozen(self, message_id: MessageId) -> bytes | None:
        """Return the bytes that leave, or left, for a message; None where nothing was fixed."""
        found: bytes | None = await self._session.value(
            select(outbox.c.frozen).where(outbox.c.message_id == message_id)
        )
        return found

    async def remove(self, message_id: MessageId) -> None:
        """Send a message no more; whoever has its lease finds that it was lost."""
        await self._session.run(outbox.delete().where(outbox.c.message_id == message_id))

    async def lease(
        self, *, now: datetime, limit: int, lasts: timedelta, without: Collection[InboxId] = ()
    ) -> list[Leased]:
        """Take what is due, each row for one worker only."""
        rows = await self._session.driver.fetch(_LEASE, now, limit, now + lasts, list(without))
        return [Leased(**dict(row)) for row in rows]

    async def keep(self, leased: Leased, *, until: datetime) -> bool:
        """Renew a lease; False if it was lost."""
        return await self._change(leased, {"leased_until": until})

    async def free(self) -> None:
        """End every lease, for who knows that all who held one are dead."""
        await self._session.run(update(outbox).where(outbox.c.leased_until.is_not(None)).values(leased_until=None))

    async def done(self, leased: Leased, *, now: datetime, error: str | None = None) -> bool:
        """End a row; False if the lease was lost meanwhile to another worker."""
        return await self._change(leased, {"done_at": now, "error": error, "leased_until": None})

    async def later(self, leased: Leased, *, run_at: datetime, error: str, counts: bool = True) -> bool:
        """Put a row back for another try; False if the lease was lost. One that was not tried does not count."""
        attempt = leased.attempt if counts else leased.attempt - 1
        return await self._change(leased, {"run_at": run_at, "error": error, "leased_until": None, "attempt": attempt})

    async def next_due(self, *, without: Collection[InboxId] = ()) -> datetime | None:
        """Return when the next row is due; what waits for an earlier message of its ticket is not."""
        found: datetime | None = await self._session.driver.fetchval(_NEXT_DUE, list(without))
        return found

    async def _change(self, leased: Leased, values: dict[str, Any]) -> bool:
        statement = (
            update(outbox)
            .where(outbox.c.message_id == leased.message_id, outbox.c.lease == leased.lease)
            .values(**values)
        )
        return await self._session.run(statement) == 1
