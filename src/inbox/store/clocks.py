"""Running deadlines in the store."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.ids import TicketId
from inbox.store.database import Session
from inbox.store.tables import clocks

# Asked after every burst of events.
_NEXT_DUE = "select min(due_at) from clocks where stopped_at is null and fired_at is null"
_RUNNING = clocks.c.stopped_at.is_(None) & clocks.c.fired_at.is_(None)


class Clocks:
    """The clocks of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def start(self, clock: Clock) -> None:
        """Start a clock; one of the kind that runs already for the ticket keeps its deadline."""
        row = asdict(clock) | {"kind": clock.kind.value}
        await self._session.run(insert(clocks).values(**row).on_conflict_do_nothing())

    async def stop(self, ticket_id: TicketId, *kinds: ClockKind, now: datetime) -> None:
        """Stop the running clocks of a ticket that are of these kinds."""
        statement = (
            update(clocks)
            .where(clocks.c.ticket_id == ticket_id, clocks.c.kind.in_([k.value for k in kinds]), _RUNNING)
            .values(stopped_at=now)
        )
        await self._session.run(statement)

    async def due(self, *, now: datetime, limit: int) -> list[Clock]:
        """Return clocks that are due, the longest first."""
        statement = select(clocks).where(clocks.c.due_at <= now, _RUNNING).order_by(clocks.c.due_at).limit(limit)
        return [
            Clock(**{**row, "kind": ClockKind(row["kind"])})  # the columns are the fields
            for row in await self._session.rows(statement)
        ]

    async def fired(self, clock: Clock, *, now: datetime) -> bool:
        """Mark a clock as fired: once, whoever else saw it due; False if it was stopped or fired in between."""
        statement = update(clocks).where(clocks.c.id == clock.id, _RUNNING).values(fired_at=now)
        return await self._session.run(statement) == 1

    async def next_due(self) -> datetime | None:
        """Return when the next clock is due."""
        found: datetime | None = await self._session.driver.fetchval(_NEXT_DUE)
        return found
