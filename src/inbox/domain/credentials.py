"""What proves who somebody is: sessions, one-time links, API keys; how long each lasts, and how each is written."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inbox.domain.ids import ApiKeyId, ManagerId
from inbox.domain.manager import Access, Role

IDLE = timedelta(hours=12)  # a session that nobody used for so long ends
ABSOLUTE = timedelta(days=7)  # every session ends then
TOUCHED = timedelta(minutes=1)  # a use is written down at most so often

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"ibx_live_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)


class Scope(StrEnum):
    """What an API key may be allowed to do; public, never renamed."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    INBOXES_READ = "inboxes:read"
    INBOXES_ADMIN = "inboxes:admin"
    MANAGERS_READ = "managers:read"
    EVENTS_READ = "events:read"
    ROUTING_READ = "routing:read"
    ROUTING_WRITE = "routing:write"
    QUARANTINE_READ = "quarantine:read"
    QUARANTINE_WRITE = "quarantine:write"


class Purpose(StrEnum):
    """What a one-time link is good for."""

    SETUP = "setup"  # creates the first administrator
    INVITE = "invite"  # a new manager chooses a password
    RESET = "reset"  # a manager chooses a new password

    @property
    def lasts(self) -> timedelta:
        """Return how long such a link works: short where a password is at stake, long enough to be read otherwise."""
        return {Purpose.SETUP: timedelta(days=1), Purpose.INVITE: timedelta(days=3)}.get(self, timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link as the store knows it; its token is known only to whoever holds the link."""

    token_hash: bytes
    purpose: Purpose
    manager_id: ManagerId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that still holds, and its manager's rights as they are now."""

    token_hash: bytes
    manager_id: ManagerId
    name: str
    role: Role
    access: Access
    opened_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in asks about an address."""

    manager_id: ManagerId
    password_hash: str | None  # None: invited, has not chosen one yet
    active: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of another program; its secret is known only to that program."""

    id: ApiKeyId
    name: str
    prefix: str
    secret_hash: bytes
    scopes: frozenset[Scope]
    access: Access
    created_at: datetime
    created_by: ManagerId | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def new_token() -> str:
    """Return 256 random bits for a session or a link."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """Return what is stored of a token; nothing slower is needed for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def new_api_key() -> tuple[str, str]:
    """Return the prefix and the whole text of a new API key.

    The last six characters are a checksum, so that a scanner for leaked secrets needs no service to know one.
    """
    prefix = "".join(secrets.choice(_BASE62) for _ in range(8))
    body = f"ibx_live_{prefix}_" + "".join(secrets.choice(_BASE62) for _ in range(43))
    return prefix, body + _checksum(body)


def prefix_of(key: str) -> str | None:
    """Return the prefix of what has the form and checksum of an API key, so that garbage costs no look-up."""
    match = _KEY.fullmatch(key)
    if match is None or _checksum(key[:-6]) != match[3]:
        return None
    return match[1]


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
