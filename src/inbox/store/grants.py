"""What inboxes were granted, in the store: sealed, since it opens their accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from inbox.app.inbox_ports import Standing
from inbox.app.ports import Sealer
from inbox.channel.grants import Grant
from inbox.domain.consent import Asked
from inbox.domain.ids import InboxId
from inbox.store.credential_tables import inbox_grants as grants
from inbox.store.database import Session


class Grants:
    """The grants of one unit of work."""

    def __init__(self, session: Session, vault: Sealer) -> None:
        self._session = session
        self._vault = vault

    async def find(self, inbox_id: InboxId) -> Grant | None:
        """Return what an inbox was granted."""
        row = await self._session.row(select(grants).where(grants.c.inbox_id == inbox_id))
        if row is None or row["sealed"] is None:
            return None
        values = orjson.loads(self._vault.open(f"grant:{inbox_id}", row["sealed"]))
        return Grant(values, row["version"], refused=row["refused_at"] is not None)

    async def standing(self, inbox_id: InboxId) -> Standing:
        """Return since when an inbox has a grant, and since when that is refused."""
        columns = (grants.c.given_at, grants.c.refused_at)
        row = await self._session.row(select(*columns).where(grants.c.inbox_id == inbox_id))
        return Standing(row["given_at"], row["refused_at"]) if row else Standing()

    async def give(self, inbox_id: InboxId, values: Mapping[str, Any], *, now: datetime) -> None:
        """Keep a new grant in place of an older one."""
        fresh = {"sealed": self._sealed(inbox_id, values), "given_at": now, "refused_at": None, "lease_until": None}
        statement = insert(grants).values(inbox_id=inbox_id, version=1, **fresh)
        changed = fresh | {"version": grants.c.version + 1}
        await self._session.run(statement.on_conflict_do_update(index_elements=["inbox_id"], set_=changed))

    async def forget(self, inbox_id: InboxId) -> None:
        """Throw a grant away; its number goes on, so that nobody who renews it puts it back."""
        nothing = {"sealed": None, "given_at": None, "refused_at": None, "version": grants.c.version + 1}
        await self._session.run(update(grants).where(grants.c.inbox_id == inbox_id).values(**nothing))

    async def lease(self, inbox_id: InboxId, version: int, *, now: datetime, until: datetime) -> bool:
        """Take the right to renew this very grant; tell whether it was free."""
        free = or_(grants.c.lease_until.is_(None), grants.c.lease_until < now)
        statement = update(grants).where(grants.c.inbox_id == inbox_id, grants.c.version == version, free)
        return await self._session.run(statement.values(lease_until=until)) == 1

    async def renew(self, inbox_id: InboxId, old: Grant, values: Mapping[str, Any]) -> bool:
        """Replace a grant by its renewal; False if it is no longer the present one."""
        is_same = (grants.c.inbox_id == inbox_id, grants.c.version == old.version)
        fresh = {"sealed": self._sealed(inbox_id, values), "refused_at": None, "lease_until": None}
        statement = update(grants).where(*is_same).values(**fresh, version=old.version + 1)
        return await self._session.run(statement) == 1

    async def give_back(self, inbox_id: InboxId, version: int, *, refused_at: datetime | None) -> None:
        """End the right to renew, with the word that it was refused if it was."""
        is_same = (grants.c.inbox_id == inbox_id, grants.c.version == version)
        since = func.coalesce(grants.c.refused_at, refused_at)
        await self._session.run(update(grants).where(*is_same).values(lease_until=None, refused_at=since))

    async def ask(self, inbox_id: InboxId, asked: Asked) -> None:
        """Keep the open question of an inbox; an older one is no longer to be answered."""
        sealed = self._vault.seal(f"consent:{inbox_id}", orjson.dumps(asdict(asked)))
        question = {"asked": sealed, "asked_hash": asked.state_hash}
        statement = insert(grants).values(inbox_id=inbox_id, **question)
        await self._session.run(statement.on_conflict_do_update(index_elements=["inbox_id"], set_=question))

    async def take_asked(self, state_hash: str) -> tuple[InboxId, Asked] | None:
        """Return the question that a state belongs to, and forget it: it is answered once."""
        found = select(grants.c.inbox_id, grants.c.asked).where(grants.c.asked_hash == state_hash).with_for_update()
        row = await self._session.row(found)
        if row is None:
            return None
        inbox_id = InboxId(row["inbox_id"])
        answered = update(grants).where(grants.c.inbox_id == inbox_id).values(asked=None, asked_hash=None)
        await self._session.run(answered)
        asked = orjson.loads(self._vault.open(f"consent:{inbox_id}", row["asked"]))
        return inbox_id, Asked(**asked | {"until": datetime.fromisoformat(asked["until"])})

    def _sealed(self, inbox_id: InboxId, values: Mapping[str, Any]) -> bytes:
        return self._vault.seal(f"grant:{inbox_id}", orjson.dumps(dict(values)))
