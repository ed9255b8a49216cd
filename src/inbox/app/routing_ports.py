"""What routing needs of the store: the rulebook in all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inbox.domain.ids import ManagerId
from inbox.domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class SavedRulebook:
    """A version of the rulebook, with who saved it."""

    version: int  # from 1; 0: the shipped one, which was never saved
    book: Rulebook
    saved_by: ManagerId | None = None  # None: a program, or nobody
    saved_at: datetime | None = None
    note: str = ""


class RulebookStore(Protocol):
    """The rulebook in all its versions."""

    async def newest(self) -> SavedRulebook | None: ...
    async def find(self, version: int) -> SavedRulebook: ...
    async def versions(self) -> list[SavedRulebook]: ...
    async def add(self, saved: SavedRulebook) -> None: ...
