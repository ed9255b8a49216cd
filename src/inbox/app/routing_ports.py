"""What routing needs of the store: the rulebook in all its versions, what waits, and the history of hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inbox.domain.assignment import Hand, Work
from inbox.domain.campaign import Team
from inbox.domain.ids import ManagerId, TeamId, TicketId
from inbox.domain.rulebook import Rulebook
from inbox.domain.ticket import Ticket


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


class AssignmentStore(Protocol):
    """Who gets what, and the history of hands."""

    async def alone(self) -> bool: ...
    async def waiting(self, teams: Mapping[TeamId, Team], *, each: int, now: datetime) -> list[Work]: ...
    async def work_of(self, ticket_id: TicketId, teams: Mapping[TeamId, Team]) -> Work: ...
    async def hold(self, ticket_ids: Sequence[TicketId]) -> list[Ticket]: ...
    async def left_behind(self, *, now: datetime) -> list[Ticket]: ...
    async def ended_offers(self, *, now: datetime) -> list[Ticket]: ...
    async def next_end(self) -> datetime | None: ...
    async def give(self, tickets: Iterable[Ticket], *, now: datetime) -> list[Ticket]: ...
    async def record(self, *hands: Hand) -> None: ...
    async def history(self, ticket_id: TicketId) -> list[Hand]: ...
