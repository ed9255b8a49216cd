"""API keys: made, and shown once."""

from __future__ import annotations

from datetime import datetime

from inbox.app.ports import Unit
from inbox.domain.credentials import ApiKey, Scope, hash_of, new_api_key
from inbox.domain.ids import ApiKeyId, InboxId, ManagerId, new_id
from inbox.domain.manager import Access


async def create(
    unit: Unit,
    name: str,
    *,
    scopes: frozenset[Scope],
    inboxes: frozenset[InboxId] | None,
    by: ManagerId,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Store a key; return it and its text, which nobody can ever read again. Raise NotFound for an unknown inbox."""
    for inbox_id in inboxes or ():
        await unit.inboxes.find(inbox_id)
    prefix, text = new_api_key()
    key = ApiKey(
        id=ApiKeyId(new_id()),
        name=name,
        prefix=prefix,
        secret_hash=hash_of(text),
        scopes=scopes,
        access=Access(inboxes=inboxes, campaigns=None),
        created_at=now,
        created_by=by,
    )
    await unit.auth.add_api_key(key)
    return key, text
