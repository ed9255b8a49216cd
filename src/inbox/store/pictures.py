"""Whose pictures are always fetched, in the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert

from inbox.app.picture_ports import TrustedSender
from inbox.app.queries import Page
from inbox.store.database import Session
from inbox.store.schema import Moment, metadata

picture_senders = Table(
    "picture_senders",
    metadata,
    Column("address", Text, primary_key=True),
    Column("since", Moment, nullable=False),
)


class Pictures:
    """The choices about pictures of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def trusts(self, sender: str) -> bool:
        """Tell whether somebody chose to see this sender's pictures always."""
        found = select(picture_senders.c.address).where(picture_senders.c.address == sender)
        return await self._session.value(found) is not None

    async def trust(self, sender: str, *, always: bool, now: datetime) -> None:
        """Keep the choice about a sender."""
        if not always:
            await self._session.run(delete(picture_senders).where(picture_senders.c.address == sender))
            return
        kept = insert(picture_senders).values(address=sender, since=now)
        await self._session.run(kept.on_conflict_do_nothing())

    async def trusted(self, *, after: str | None, limit: int) -> Page[TrustedSender]:
        """List the senders, by their addresses."""
        statement = select(picture_senders).order_by(picture_senders.c.address).limit(limit + 1)
        if after is not None:
            statement = statement.where(picture_senders.c.address > after)
        found = [TrustedSender(row["address"], row["since"]) for row in await self._session.rows(statement)]
        items = tuple(found[:limit])
        return Page(items, (items[-1].address,) if len(found) > limit else None)
