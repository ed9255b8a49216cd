"""Values with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inbox.domain.ids import ContactId, InboxId, ManagerId, TicketId, new_id
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from inbox.domain.ticket import State, Ticket

NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
INBOX = InboxId(new_id())


def later(days: float = 0, *, minutes: float = 0) -> datetime:
    return NOW + timedelta(days=days, minutes=minutes)


def ticket(**more: object) -> Ticket:
    values: dict[str, object] = {
        "id": TicketId(new_id()),
        "number": 1,
        "inbox_id": INBOX,
        "channel": "email",
        "state": State.OPEN,
        "created_at": NOW,
        "updated_at": NOW,
        "contact_id": ContactId(new_id()),
    }
    return Ticket(**(values | more))  # type: ignore[arg-type]  # a test's builder


def manager(name: object = "Aylin", **more: object) -> Manager:
    values: dict[str, object] = {
        "id": ManagerId(new_id()),
        "email": f"{name}@mitmachwerk.example",
        "name": name,
        "role": Role.MANAGER,
        "availability": Availability.ONLINE,
        "capacity": 4,
        "access": EVERYTHING,
    }
    return Manager(**(values | more))  # type: ignore[arg-type]  # a test's builder
