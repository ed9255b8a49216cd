"""Which languages managers speak and campaigns are run in."""

from __future__ import annotations

from sqlalchemy import func, select

from inbox.store.database import Session
from inbox.store.tables import campaigns, managers


class Languages:
    """The languages that one unit of work finds named."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def named(self) -> frozenset[str]:
        """Return the tags of the languages of all active managers and of all campaigns."""
        spoken = select(func.unnest(managers.c.languages).label("tag")).where(managers.c.active)
        written = select(func.unnest(campaigns.c.languages).label("tag"))
        return frozenset(row["tag"] for row in await self._session.rows(spoken.union(written)))
