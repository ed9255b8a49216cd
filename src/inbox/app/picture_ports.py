"""What pictures need of the store: whose are always fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class PictureStore(Protocol):
    """The senders whose pictures are fetched without being asked for."""

    async def trusts(self, sender: str) -> bool: ...
    async def trust(self, sender: str, *, always: bool, now: datetime) -> None: ...
