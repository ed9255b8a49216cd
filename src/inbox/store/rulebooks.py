"""The rulebook in the store: every version that was ever saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from inbox.app.routing_ports import SavedRulebook
from inbox.domain.rulebook_document import from_document, to_document
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.routing_tables import rulebooks

_KEPT_IN_SIGHT = 100  # versions in the list


class Rulebooks:
    """The rulebooks of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def newest(self) -> SavedRulebook | None:
        """Return the rulebook that counts; None: none was ever saved."""
        row = await self._session.row(select(rulebooks).order_by(rulebooks.c.version.desc()).limit(1))
        return _to_saved(row) if row else None

    async def find(self, version: int) -> SavedRulebook:
        """Return one version; raise NotFound."""
        row = await self._session.row(select(rulebooks).where(rulebooks.c.version == version))
        if row is None:
            raise NotFound("There is no such version of the rulebook.")
        return _to_saved(row)

    async def versions(self) -> list[SavedRulebook]:
        """Return the latest versions, the newest first."""
        statement = select(rulebooks).order_by(rulebooks.c.version.desc()).limit(_KEPT_IN_SIGHT)
        return [_to_saved(row) for row in await self._session.rows(statement)]

    async def add(self, saved: SavedRulebook) -> None:
        """Store a version; raise StaleVersion if somebody has saved one of this number."""
        row = {
            "version": saved.version,
            "document": to_document(saved.book),
            "saved_by": saved.saved_by,
            "saved_at": saved.saved_at,
            "note": saved.note,
        }
        if await self._session.run(insert(rulebooks).values(**row).on_conflict_do_nothing()) != 1:
            raise StaleVersion


def _to_saved(row: Mapping[str, Any]) -> SavedRulebook:
    return SavedRulebook(
        version=row["version"],
        book=from_document(row["document"]),
        saved_by=row["saved_by"],
        saved_at=row["saved_at"],
        note=row["note"],
    )
