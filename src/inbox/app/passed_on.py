"""What a manager passes on is its writer's message: the manager's own words become a note beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.ports import Known, Unit
from inbox.app.views import ticket_event
from inbox.channel.model import Forwarded, Received
from inbox.domain.contact import IdentityKind
from inbox.domain.events import EventType
from inbox.domain.ids import MessageId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Direction, Kind, Message
from inbox.domain.ticket import noted

PASSED_ON_BY = "passed_on_by"  # of a message's meta: the manager's name
# What the cover mail says of itself is not true of what it brings.
_OF_THE_COVER = frozenset({"to", "cc", "reply_to", "list", "doubted", "invitation", "seal"})


async def passed_on_by(unit: Unit, received: Received, known: Known, inbox: Inbox) -> Manager | None:
    """Return the manager who passes somebody's mail on; only one whom our own mail server vouches for.

    A From is no proof: else whoever writes a manager's address into it would say what others wrote to us.
    """
    if received.forwarded is None or received.automatic or not received.vouched or not known.ours:
        return None
    addresses = [c.key for c in received.sender.claims if c.kind is IdentityKind.EMAIL and c.verified]
    manager = await unit.managers.by_email(addresses[0]) if addresses else None
    if manager is None or not manager.active or not manager.access.sees(inbox.id, inbox.campaign_id):
        return None
    return manager


def as_written(received: Received, forwarded: Forwarded, manager: Manager) -> Received:
    """Return the message as it would have come from its writer."""
    address = forwarded.sender.claims[0].value
    meta = {name: value for name, value in received.meta.items() if name not in _OF_THE_COVER}
    return replace(
        received,
        sender=forwarded.sender,
        text=forwarded.text,
        html=forwarded.html,
        quoted=forwarded.quoted,
        subject=forwarded.subject or received.subject,
        references=(*forwarded.references, *received.references),
        recipients=(),
        forwarded=None,
        meta=meta | {"from": address, "references": list(forwarded.references), PASSED_ON_BY: manager.name},
    )


async def keep_cover(unit: Unit, ticket_id: TicketId, words: str, manager: Manager, *, now: datetime) -> None:
    """Keep what the manager wrote above it as their note, which no answer quotes."""
    if not words:
        return
    ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
    note = Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.NOTE,
        direction=Direction.INTERNAL,
        at=now,
        text=words,
        author_name=manager.name,
        manager_id=manager.id,
    )
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(note)
    unit.record(ticket_event(EventType.NOTE_ADDED, saved, note))
