"""Inboxes in the store; their settings are sealed, since they hold passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, case, delete, func, null, or_, select, update

from inbox.app.ports import Sealer
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.tables import inboxes


class Inboxes:
    """The inboxes of one unit of work."""

    def __init__(self, session: Session, vault: Sealer) -> None:
        self._session = session
        self._vault = vault

    async def all(self) -> list[Inbox]:
        """Return every inbox, by name."""
        rows = await self._session.rows(select(inboxes).order_by(inboxes.c.name, inboxes.c.id))
        return [self._to_inbox(row) for row in rows]

    async def find(self, inbox_id: InboxId) -> Inbox:
        """Return an inbox; raise NotFound."""
        row = await self._session.row(select(inboxes).where(inboxes.c.id == inbox_id))
        if row is None:
            raise NotFound("There is no such inbox.")
        return self._to_inbox(row)

    async def add(self, inbox: Inbox) -> Inbox:
        """Store a new inbox."""
        await self._session.run(inboxes.insert().values(id=inbox.id, channel=inbox.channel, **self._row_of(inbox)))
        return await self.find(inbox.id)

    async def save(self, inbox: Inbox) -> Inbox:
        """Store a changed inbox, one version on; raise StaleVersion."""
        statement = (
            update(inboxes)
            .where(inboxes.c.id == inbox.id, inboxes.c.version == inbox.version)
            .values(**self._row_of(inbox), version=inbox.version + 1, **_new_luck())
            .returning(inboxes.c.down_since)
        )
        row = await self._session.row(statement)
        if row is None:
            raise StaleVersion
        return replace(inbox, version=inbox.version + 1, sending_fault=None, down_since=row["down_since"])

    async def remove(self, inbox_id: InboxId) -> None:
        """Remove an inbox that holds nothing."""
        await self._session.run(delete(inboxes).where(inboxes.c.id == inbox_id))

    async def set_health(self, inbox_id: InboxId, health: str, note: str | None, *, now: datetime) -> bool:
        """Remember how an inbox is; tell whether that is news."""
        statement = (
            update(inboxes)
            .where(inboxes.c.id == inbox_id)
            .where(or_(inboxes.c.health != health, inboxes.c.health_note.is_distinct_from(note)))
            .values(health=health, health_note=note, health_at=now)
            .values(_failure(note, now) if health == "failing" else _recovery(inboxes.c.sending_fault.is_(None)))
        )
        return await self._session.run(statement) == 1

    async def set_sending(self, inbox_id: InboxId, fault: str | None, *, now: datetime) -> bool:
        """Remember whether something got out by an inbox, and if not why; tell whether that is news."""
        differs = inboxes.c.sending_fault.is_distinct_from(fault)
        values: dict[str, Any] = {"sending_fault": fault, "health_at": now}
        values |= _recovery(inboxes.c.health != "failing") if fault is None else _failure(fault, now)
        if fault is None:
            differs = or_(differs, inboxes.c.health == "unknown")
            values["health"] = case((inboxes.c.health == "unknown", "ok"), else_=inboxes.c.health)
        return await self._session.run(update(inboxes).where(inboxes.c.id == inbox_id, differs).values(**values)) == 1

    async def cursor(self, inbox_id: InboxId) -> dict[str, Any] | None:
        """Return where a pulling channel stands."""
        found: dict[str, Any] | None = await self._session.value(
            select(inboxes.c.cursor).where(inboxes.c.id == inbox_id)
        )
        return found

    async def move_cursor(
        self, inbox_id: InboxId, cursor: Mapping[str, Any], *, owner: UUID, now: datetime, brought: bool
    ) -> bool:
        """Move a pulling channel on, for the holder of its lease alone; tell whether it still was."""
        brings = {"received_at": now} if brought else {}
        statement = (
            update(inboxes)
            .where(inboxes.c.id == inbox_id, inboxes.c.lease_owner == owner, inboxes.c.lease_until > now)
            .values(cursor=dict(cursor), heard_at=now, **brings)
        )
        return await self._session.run(statement) == 1

    async def count_missed(self, inbox_id: InboxId, number: int) -> None:
        """Count what should have come earlier."""
        missed = inboxes.c.missed + number
        await self._session.run(update(inboxes).where(inboxes.c.id == inbox_id).values(missed=missed))

    async def unheard(self, *, since: datetime, note: str, now: datetime) -> list[Inbox]:
        """Return the inboxes that nobody fetches since then, though they did well; from now on they do not."""
        is_left = and_(inboxes.c.active, inboxes.c.health == "ok", inboxes.c.heard_at < since)
        is_free = or_(inboxes.c.lease_until.is_(None), inboxes.c.lease_until < since)
        values = {"health": "failing", "health_note": note, "health_at": now} | _failure(note, now)
        statement = update(inboxes).where(is_left, is_free).values(**values).returning(*inboxes.c)
        return [self._to_inbox(row) for row in await self._session.rows(statement)]

    async def to_tell(self, *, down_before: datetime, now: datetime) -> list[Inbox]:
        """Return the inboxes that are down since then and nobody was told of; from now on somebody was."""
        is_down = and_(inboxes.c.active, inboxes.c.down_since <= down_before, inboxes.c.told_at.is_(None))
        rows = await self._session.rows(update(inboxes).where(is_down).values(told_at=now).returning(*inboxes.c))
        return [self._to_inbox(row) for row in rows]

    async def not_told(self, inbox_id: InboxId) -> None:
        """Take back that somebody was told."""
        await self._session.run(update(inboxes).where(inboxes.c.id == inbox_id).values(told_at=None))

    async def lease(self, inbox_id: InboxId, *, owner: UUID, now: datetime, until: datetime) -> bool:
        """Take or renew the one lease of an inbox; tell whether it is ours."""
        free = or_(inboxes.c.lease_until.is_(None), inboxes.c.lease_until < now, inboxes.c.lease_owner == owner)
        statement = update(inboxes).where(inboxes.c.id == inbox_id, free).values(lease_owner=owner, lease_until=until)
        return await self._session.run(statement) == 1

    async def give_back(self, *, owner: UUID) -> None:
        """End all leases of a process that stops."""
        await self._session.run(update(inboxes).where(inboxes.c.lease_owner == owner).values(lease_until=None))

    async def free(self) -> None:
        """End every lease, for who knows that all who held one are dead."""
        await self._session.run(update(inboxes).where(inboxes.c.lease_until.is_not(None)).values(lease_until=None))

    def _row_of(self, inbox: Inbox) -> dict[str, Any]:
        sealed = self._vault.seal(f"inbox:{inbox.id}", orjson.dumps(inbox.config))
        return {
            "name": inbox.name,
            "config": sealed,
            "campaign_id": inbox.campaign_id,
            "active": inbox.active,
        }

    def _to_inbox(self, row: Mapping[str, Any]) -> Inbox:
        names = ("id", "channel", "name", "campaign_id", "active", "version", "created_at")
        health = ("health", "health_note", "health_at", "sending_fault", "failure", "failed_at", "down_since")
        heard = ("heard_at", "received_at", "missed")
        config = orjson.loads(self._vault.open(f"inbox:{row['id']}", row["config"]))
        return Inbox(config=config, **{name: row[name] for name in names + health + heard})


def _failure(note: str | None, now: datetime) -> dict[str, Any]:
    return {"failure": note, "failed_at": now, "down_since": func.coalesce(inboxes.c.down_since, now)}


def _recovery(is_whole: ColumnElement[bool]) -> dict[str, Any]:
    """An inbox is up again when the other way works too."""
    return {
        "down_since": case((is_whole, null()), else_=inboxes.c.down_since),
        "told_at": case((is_whole, null()), else_=inboxes.c.told_at),
    }


def _new_luck() -> dict[str, Any]:
    """New settings are given their time: nothing is known of sending, and what fails to fetch fails from now on."""
    is_failing = inboxes.c.health == "failing"
    return {"sending_fault": None, "down_since": case((is_failing, func.now()), else_=null()), "told_at": None}
