"""What pictures need of the store: whose are always fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inbox.app.queries import Page


@dataclass(frozen=True, slots=True)
class TrustedSender:
    """Somebody whose pictures are always fetched."""

    address: str
    since: datetime


class PictureStore(Protocol):
    """The senders whose pictures are fetched without being asked for."""

    async def trusts(self, sender: str) -> bool: ...
    async def trust(self, sender: str, *, always: bool, now: datetime) -> None: ...
    async def trusted(self, *, after: str | None, limit: int) -> Page[TrustedSender]: ...
