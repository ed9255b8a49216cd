"""A message on its way out, and what it takes to have one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from inbox.domain.contact import Claim, Contact, IdentityKind
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import ContactId, InboxId, ManagerId, MessageId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.ticket import State, Ticket
from inbox.store.unit_of_work import Unit, Units

NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def noted(text: str = "") -> NewEvent:
    """Some event that everybody may see."""
    return NewEvent(EventType.CONTACT_CHANGED, new_id(), {"note": text})


@pytest.fixture
async def inbox(units: Units) -> Inbox:
    async with units() as unit:
        return await unit.inboxes.add(Inbox(InboxId(new_id()), "email", "help@", {}))


async def new_ticket(unit: Unit, inbox: Inbox, **more: object) -> Ticket:
    """An open ticket of a contact of its own."""
    claim = Claim(IdentityKind.EMAIL, f"{new_id()}@example.org")
    contact = await unit.contacts.add(Contact(ContactId(new_id()), "Greta", NOW), [claim])
    values: dict[str, object] = {
        "id": TicketId(new_id()),
        "number": await unit.tickets.number(),
        "inbox_id": inbox.id,
        "channel": inbox.channel,
        "state": State.OPEN,
        "created_at": NOW,
        "updated_at": NOW,
        "contact_id": contact.id,
    }
    return await unit.tickets.add(Ticket(**(values | more)))  # type: ignore[arg-type]  # a test's builder


def new_message(ticket: Ticket, seq: int, text: str = "Kommt im Mai.", *, key: MessageId | None = None) -> Message:
    return Message(
        id=key or MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=seq,
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        at=NOW,
        text=text,
        delivery=Delivery.QUEUED,
    )


@dataclass(frozen=True, slots=True)
class Post:
    """A ticket with messages that wait in the outbox."""

    ticket: Ticket
    messages: tuple[Message, ...]


Queue = Callable[..., Awaitable[Post]]


@pytest.fixture
def queue(units: Units, inbox: Inbox) -> Queue:
    """Put some messages of one new ticket into the outbox."""

    async def queued(n: int = 1, *, keys: tuple[MessageId, ...] = ()) -> Post:
        async with units() as unit:
            ticket = await new_ticket(unit, inbox)
            messages = [new_message(ticket, i + 1, f"Wort {i}", key=keys[i] if keys else None) for i in range(n)]
            for message in messages:
                await unit.messages.add(message)
                await unit.outbox.add(message.id, inbox.id, ticket.id, run_at=NOW, frozen=None)
        return Post(ticket, tuple(messages))

    return queued


async def add_manager(unit: Unit, name: str, *, capacity: int = 30) -> Manager:
    return await unit.managers.add(
        Manager(
            ManagerId(new_id()),
            f"{name}@mitmachwerk.example",
            name,
            Role.MANAGER,
            availability=Availability.ONLINE,
            capacity=capacity,
            access=EVERYTHING,
        )
    )
