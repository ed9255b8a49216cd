"""What the service lends to a channel."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from inbox.channel.grants import Grants, NoGrants
from inbox.domain.ids import InboxId


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a far end answered."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes


class Http(Protocol):
    """The guarded client for outgoing HTTP: no private address, no redirect, bounded in time and size."""

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Fetch a URL; raise OutgoingRefused or OutgoingFailed."""

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Send a body to a URL; raise OutgoingRefused or OutgoingFailed."""


class Dialer(Protocol):
    """Opens connections to mail servers, with the same guard."""

    @property
    def tls(self) -> ssl.SSLContext:
        """What is believed of certificates, for a connection that is encrypted later (STARTTLS)."""

    async def dial(self, host: str, port: int, *, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the checked address of `host`; with `tls`, its certificate must name `host`."""


class Clock(Protocol):
    """The time, so that tests can set it."""

    def __call__(self) -> datetime:
        """Return the present time, aware, in UTC."""


class Log(Protocol):
    """A structured log: an event name and fields; no message bodies, no addresses."""

    def info(self, event: str, **fields: object) -> object:
        """Write what is worth knowing."""

    def warning(self, event: str, **fields: object) -> object:
        """Write what somebody should look at."""


class Kept(Protocol):
    """Knows what was fetched before."""

    async def __call__(self, keys: Sequence[str]) -> frozenset[str]:
        """Return which of these originals of the inbox are here."""


async def nothing_kept(keys: Sequence[str]) -> frozenset[str]:
    """Know of nothing that was fetched: whatever a channel asks for comes again, and is stored once all the same."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Host:
    """The service as a channel sees it."""

    inbox_id: InboxId
    http: Http
    dialer: Dialer
    clock: Clock
    log: Log
    signing_key: bytes  # this inbox's own, for tokens that come back
    public_url: str
    kept: Kept = nothing_kept
    grants: Grants = field(default_factory=NoGrants)
