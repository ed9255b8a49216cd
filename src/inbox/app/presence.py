"""Who is there, who looks at what, who is writing: passing facts, never stored as events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from inbox.app.ports import Unit
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import CampaignId, InboxId, ManagerId, TicketId, VisitorId
from inbox.domain.manager import Availability, Manager

GRACE = timedelta(seconds=45)  # after the last sign of life, before somebody counts as away


@dataclass(frozen=True, slots=True)
class Whisper:
    """A passing fact about a ticket, for whoever may see it."""

    ticket_id: TicketId
    inbox_id: InboxId
    frame: dict[str, Any]
    campaign_id: CampaignId | None = None
    visitor_too: bool = False
    screens_too: bool = True


Listener = Callable[[Whisper], None]


@dataclass(slots=True)
class Presence:
    """The screens of this process."""

    _screens: dict[UUID, ManagerId] = field(default_factory=dict)
    _viewing: dict[UUID, TicketId] = field(default_factory=dict)
    _listeners: set[Listener] = field(default_factory=set)
    _visits: Counter[VisitorId] = field(default_factory=Counter)

    @contextmanager
    def visited(self, visitor_id: VisitorId) -> Iterator[None]:
        """Count a visitor's tab while it is open."""
        self._visits[visitor_id] += 1
        try:
            yield
        finally:
            self._visits[visitor_id] -= 1
            if not self._visits[visitor_id]:
                del self._visits[visitor_id]

    def visitors(self) -> list[VisitorId]:
        """Return which visitors have a tab open in this process."""
        return list(self._visits)

    def arrive(self, screen: UUID, manager_id: ManagerId) -> None:
        """A screen opened."""
        self._screens[screen] = manager_id

    def leave(self, screen: UUID) -> None:
        """A screen closed."""
        self._screens.pop(screen, None)
        self._viewing.pop(screen, None)

    def view(self, screen: UUID, ticket_id: TicketId | None) -> None:
        """A screen shows another ticket, or none."""
        self._viewing.pop(screen, None)
        if ticket_id is not None:
            self._viewing[screen] = ticket_id

    def viewers(self, ticket_id: TicketId) -> list[ManagerId]:
        """Return who looks at a ticket."""
        return sorted({self._screens[s] for s, shown in self._viewing.items() if shown == ticket_id})

    def here(self) -> frozenset[ManagerId]:
        """Return who has a screen open in this process."""
        return frozenset(self._screens.values())

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear all whispers; returns how to stop."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def whisper(self, whisper: Whisper) -> None:
        """Tell everybody who listens."""
        for listener in tuple(self._listeners):
            listener(whisper)


def manager_event(manager: Manager) -> NewEvent:
    """Return the fact that a manager changed, as everybody signed in may know it."""
    shown = {
        "id": str(manager.id),
        "name": manager.name,
        "role": manager.role.value,
        "availability": manager.availability.value,
        "capacity": manager.capacity,
        "load": manager.load,
        "holds": dict(manager.holds),
        "weights": dict(manager.weights),
        "languages": list(manager.languages),
        "skills": list(manager.skills),
        "teams": [str(team) for team in sorted(manager.teams)],
        "active": manager.active,
    }
    return NewEvent(EventType.MANAGER_CHANGED, manager.id, {"manager": shown})


async def set_availability(unit: Unit, manager: Manager, availability: Availability, *, now: datetime) -> Manager:
    """Change whether a manager takes new work."""
    await unit.managers.seen([manager.id], now=now)
    if manager.availability is availability:
        return manager
    saved = await unit.managers.save(replace(manager, availability=availability), at=now)
    unit.record(manager_event(saved))
    return saved


async def mark_lost(unit: Unit, *, now: datetime) -> int:
    """Count those as away of whom there was no sign of life for a while; return how many."""
    lost = await unit.managers.lost(before=now - GRACE)
    for manager in lost:
        saved = await unit.managers.save(replace(manager, availability=Availability.AWAY), at=now)
        unit.record(manager_event(saved))
    return len(lost)
