"""Sessions, one-time links, API keys, limits: who may come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from inbox.domain.credentials import ABSOLUTE, IDLE, Account, ApiKey, Link, Purpose, Scope, SignedIn
from inbox.domain.ids import ApiKeyId, ManagerId
from inbox.domain.manager import Access, Role
from inbox.errors import NotFound
from inbox.store.credential_tables import api_keys, attempts, idempotency, one_time_links, sessions
from inbox.store.database import Session
from inbox.store.tables import managers

# Asked on every request, so it is text on the driver's connection. Rights are read together with the session: what was
# taken away is gone with the next request.
_SIGNED_IN = """
select s.token_hash, s.created_at, s.used_at, m.id, m.name, m.role,
  m.all_inboxes, m.inboxes, m.all_campaigns, m.campaigns
from sessions s join managers m on m.id = s.manager_id
where s.token_hash = any($1) and m.active and s.used_at > $2 and s.created_at > $3
"""
# The share lock waits for a change of password or rights that is under way; whichever is second sees the other.
_OPEN = """
insert into sessions (token_hash, manager_id, created_at, used_at, agent)
select $1, m.id, $3, $3, $4 from managers m where m.id = $2 and m.active and m.password_hash = $5 for share
"""
_COUNT = """
insert into attempts as a (key, count, since) values ($1, 1, $2)
on conflict (key) do update set
  count = case when a.since <= $3 then 1 else a.count + 1 end,
  since = case when a.since <= $3 then excluded.since else a.since end
returning count, since
"""
_FORGIVE = "update attempts set count = count - 1 where key = $1 and count > 0"
_CLAIM_KEY = """
insert into idempotency (caller, key, fingerprint, created_at) values ($1, $2, $3, $4) on conflict do nothing
returning key
"""
_ANSWER = "select fingerprint, status, body from idempotency where caller = $1 and key = $2"


class Auth:
    """The credentials of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def signed_in(self, token_hashes: Sequence[bytes], *, now: datetime) -> list[SignedIn]:
        """Return those of the sessions that still hold."""
        rows = await self._session.driver.fetch(_SIGNED_IN, list(token_hashes), now - IDLE, now - ABSOLUTE)
        return [_to_signed_in(row) for row in rows]

    async def open_session(
        self, token_hash: bytes, manager_id: ManagerId, *, proof: str, agent: str | None, now: datetime
    ) -> bool:
        """Store a session of a manager whose password hash still is `proof`; tell whether it was."""
        done = await self._session.driver.execute(_OPEN, token_hash, manager_id, now, agent, proof)
        return bool(done == "INSERT 0 1")

    async def touch_session(self, token_hash: bytes, *, now: datetime) -> None:
        """Write down that a session was used."""
        await self._session.run(update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=now))

    async def end_session(self, token_hash: bytes) -> None:
        """Sign one browser out."""
        await self._session.run(delete(sessions).where(sessions.c.token_hash == token_hash))

    async def end_sessions(self, manager_id: ManagerId) -> None:
        """Sign a manager out everywhere."""
        await self._session.run(delete(sessions).where(sessions.c.manager_id == manager_id))

    async def account(self, email: str) -> Account | None:
        """Return what there is to know at the door about an address, whatever its case."""
        statement = select(managers.c.id, managers.c.password_hash, managers.c.active)
        row = await self._session.row(statement.where(func.lower(managers.c.email) == email.strip().lower()))
        return Account(manager_id=row["id"], password_hash=row["password_hash"], active=row["active"]) if row else None

    async def set_password(self, manager_id: ManagerId, password_hash: str) -> None:
        """Store a new password's hash."""
        statement = update(managers).where(managers.c.id == manager_id).values(password_hash=password_hash)
        await self._session.run(statement)

    async def count(self, key: str, *, within: timedelta, now: datetime) -> tuple[int, datetime]:
        """Count one more attempt; return how many there were since when. Two at the same time are counted as two."""
        row = await self._session.driver.fetchrow(_COUNT, key, now, now - within)
        return row["count"], row["since"]

    async def forgive(self, key: str) -> None:
        """Take one attempt back, for it was right."""
        await self._session.driver.execute(_FORGIVE, key)

    async def add_link(self, link: Link, *, now: datetime) -> None:
        """Store a one-time link; older ones for the same purpose and manager no longer work."""
        same = (one_time_links.c.purpose == link.purpose.value, one_time_links.c.manager_id == link.manager_id)
        if link.manager_id is None:
            same = (one_time_links.c.purpose == link.purpose.value, one_time_links.c.manager_id.is_(None))
        await self._session.run(delete(one_time_links).where(*same))
        await self._session.run(
            one_time_links.insert().values(
                token_hash=link.token_hash,
                purpose=link.purpose.value,
                manager_id=link.manager_id,
                created_at=now,
                expires_at=link.expires_at,
            )
        )

    async def find_link(self, token_hash: bytes, *, now: datetime) -> Link | None:
        """Return a link that still works."""
        row = await self._session.row(select(one_time_links).where(*_works(token_hash, now)))
        return _to_link(row) if row else None

    async def use_link(self, token_hash: bytes, *, now: datetime) -> Link | None:
        """Use a link up and return it; None if it no longer works. Of two at the same time one gets it."""
        statement = update(one_time_links).where(*_works(token_hash, now)).values(used_at=now).returning(one_time_links)
        row = await self._session.row(statement)
        return _to_link(row) if row else None

    async def end_links(self, manager_id: ManagerId) -> None:
        """Make all links of a manager worthless."""
        await self._session.run(delete(one_time_links).where(one_time_links.c.manager_id == manager_id))

    async def api_keys(self) -> list[ApiKey]:
        """Return every API key that works, the oldest first."""
        statement = select(api_keys).where(api_keys.c.revoked_at.is_(None)).order_by(api_keys.c.id)
        return [_to_api_key(row) for row in await self._session.rows(statement)]

    async def api_key(self, prefix: str) -> ApiKey | None:
        """Return the working key with this prefix."""
        statement = select(api_keys).where(api_keys.c.prefix == prefix, api_keys.c.revoked_at.is_(None))
        row = await self._session.row(statement)
        return _to_api_key(row) if row else None

    async def add_api_key(self, key: ApiKey) -> None:
        """Store a new API key."""
        await self._session.run(
            api_keys.insert().values(
                id=key.id,
                name=key.name,
                prefix=key.prefix,
                secret_hash=key.secret_hash,
                scopes=sorted(scope.value for scope in key.scopes),
                all_inboxes=key.access.inboxes is None,
                inboxes=sorted(key.access.inboxes or ()),
                created_by=key.created_by,
                created_at=key.created_at,
            )
        )

    async def touch_api_key(self, key_id: ApiKeyId, *, now: datetime) -> None:
        """Write down that a key was used."""
        await self._session.run(update(api_keys).where(api_keys.c.id == key_id).values(used_at=now))

    async def revoke_api_key(self, key_id: ApiKeyId, *, now: datetime) -> None:
        """Make a key worthless; raise NotFound."""
        statement = (
            update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        if await self._session.run(statement) != 1:
            raise NotFound("There is no such API key.")

    async def claim_key(self, caller: str, key: str, fingerprint: bytes, *, now: datetime) -> bool:
        """Take an idempotency key for this unit; wait for another unit that holds it, and tell whether it is ours."""
        found = await self._session.driver.fetchval(_CLAIM_KEY, caller, key, fingerprint, now)
        return found is not None

    async def kept_answer(self, caller: str, key: str) -> tuple[bytes, int, bytes] | None:
        """Return fingerprint, status and body of what was answered under an idempotency key."""
        row = await self._session.driver.fetchrow(_ANSWER, caller, key)
        return (row["fingerprint"], row["status"], row["body"]) if row else None

    async def keep_answer(self, caller: str, key: str, *, status: int, body: bytes) -> None:
        """Store the answer of this unit under its idempotency key."""
        where = (idempotency.c.caller == caller, idempotency.c.key == key)
        await self._session.run(update(idempotency).where(*where).values(status=status, body=body))

    async def tidy(self, *, now: datetime) -> None:
        """Remove what no longer works or counts."""
        day_ago = now - timedelta(days=1)
        old = (sessions.c.used_at <= now - IDLE) | (sessions.c.created_at <= now - ABSOLUTE)
        await self._session.run(delete(sessions).where(old))
        await self._session.run(delete(one_time_links).where(one_time_links.c.expires_at < day_ago))
        await self._session.run(delete(attempts).where(attempts.c.since < day_ago))
        await self._session.run(delete(idempotency).where(idempotency.c.created_at < day_ago))


def _works(token_hash: bytes, now: datetime) -> tuple[Any, ...]:
    links = one_time_links.c
    return links.token_hash == token_hash, links.used_at.is_(None), links.expires_at > now


def _to_signed_in(row: Mapping[str, Any]) -> SignedIn:
    return SignedIn(
        token_hash=row["token_hash"],
        manager_id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        access=Access(
            inboxes=None if row["all_inboxes"] else frozenset(row["inboxes"]),
            campaigns=None if row["all_campaigns"] else frozenset(row["campaigns"]),
        ),
        opened_at=row["created_at"],
        used_at=row["used_at"],
    )


def _to_link(row: Mapping[str, Any]) -> Link:
    return Link(
        token_hash=row["token_hash"],
        purpose=Purpose(row["purpose"]),
        manager_id=row["manager_id"],
        expires_at=row["expires_at"],
    )


def _to_api_key(row: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        secret_hash=row["secret_hash"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        access=Access(inboxes=None if row["all_inboxes"] else frozenset(row["inboxes"]), campaigns=None),
        created_at=row["created_at"],
        created_by=row["created_by"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
    )
