"""What the use cases need of the store about addresses that are not written to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from inbox.app.queries import Page
from inbox.domain.suppression import Suppression


class SuppressionStore(Protocol):
    """Addresses that are not written to."""

    async def put(self, suppression: Suppression) -> None: ...
    async def remove(self, address: str) -> bool: ...
    async def among(self, addresses: Collection[str]) -> dict[str, Suppression]: ...
    async def page(self, *, after: tuple[str, ...] | None, limit: int) -> Page[Suppression]: ...
