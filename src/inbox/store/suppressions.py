"""Addresses that are not written to again, in the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Table, Text, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from inbox.app.queries import Page
from inbox.domain.ids import TicketId
from inbox.domain.suppression import Suppression
from inbox.store.database import Session
from inbox.store.schema import Moment, metadata

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="SET NULL")),
    Index("ix_suppressions_at", "at", "address"),
)


class Suppressions:
    """The addresses that are not written to, of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, suppression: Suppression) -> None:
        """Put an address on the list; what was known of it first stays."""
        row = {name: getattr(suppression, name) for name in ("address", "reason", "at", "ticket_id")}
        await self._session.run(insert(suppressions).values(**row).on_conflict_do_nothing())

    async def remove(self, address: str) -> bool:
        """Take an address from the list; False if it was not on it."""
        return await self._session.run(delete(suppressions).where(suppressions.c.address == address)) == 1

    async def among(self, addresses: Collection[str]) -> dict[str, Suppression]:
        """Return those of these addresses that are on the list."""
        if not addresses:
            return {}
        rows = await self._session.rows(select(suppressions).where(suppressions.c.address.in_(addresses)))
        return {row["address"]: _to_suppression(row) for row in rows}

    async def page(self, *, after: tuple[str, ...] | None, limit: int) -> Page[Suppression]:
        """Return the list, the newest first."""
        statement = select(suppressions).order_by(suppressions.c.at.desc(), suppressions.c.address.desc())
        if after is not None:
            place = tuple_(suppressions.c.at, suppressions.c.address)
            statement = statement.where(place < (datetime.fromisoformat(after[0]), after[1]))
        found = [_to_suppression(row) for row in await self._session.rows(statement.limit(limit + 1))]
        last = found[limit - 1] if len(found) > limit else None
        return Page(tuple(found[:limit]), (last.at.isoformat(), last.address) if last else None)


def _to_suppression(row: Mapping[str, Any]) -> Suppression:
    ticket_id = TicketId(row["ticket_id"]) if row["ticket_id"] else None
    return Suppression(row["address"], row["reason"], row["at"], ticket_id)
