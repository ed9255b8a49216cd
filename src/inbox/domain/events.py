"""What happened, as immutable facts in the past tense."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from inbox.domain.ids import CampaignId, InboxId

_POSITION = re.compile(r"(\d{1,9})\.(\d{1,19})\.(\d{1,19})", re.ASCII)
_LARGEST = 2**63 - 1


class EventType(StrEnum):
    """The names of all events; public, never renamed."""

    TICKET_CREATED = "ticket.created"
    TICKET_CHANGED = "ticket.changed"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_RELEASED = "ticket.released"
    TICKET_OFFERED = "ticket.offered"
    TICKET_DECLINED = "ticket.declined"
    TICKET_MERGED = "ticket.merged"
    TICKET_UNMERGED = "ticket.unmerged"
    TICKET_SPLIT = "ticket.split"
    TICKET_UNSPLIT = "ticket.unsplit"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_QUEUED = "message.queued"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_DELETED = "message.deleted"
    MESSAGE_DELIVERY = "message.delivery"
    NOTE_ADDED = "note.added"
    CALL_CHANGED = "call.changed"
    CONTACT_CHANGED = "contact.changed"
    CAMPAIGN_CHANGED = "campaign.changed"
    CLIENT_CHANGED = "client.changed"
    INBOX_CHANGED = "inbox.changed"
    MANAGER_CHANGED = "manager.changed"
    TEAM_CHANGED = "team.changed"
    ROUTING_CHANGED = "routing.changed"
    QUARANTINE_CHANGED = "quarantine.changed"
    CLOCK_FIRED = "clock.fired"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact about to be written, with what decides who may see it."""

    type: EventType
    subject: UUID  # what it is about
    data: dict[str, Any] = field(default_factory=dict)  # JSON
    inbox_id: InboxId | None = None  # None: seen by everybody signed in
    campaign_id: CampaignId | None = None


class Position(NamedTuple):
    """A place in the event stream, in commit order; opaque to everybody else. Each screen compares each commit's."""

    epoch: int
    transaction: int
    row: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.transaction}.{self.row}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read a position back; raise ValueError for anything that we never wrote."""
        written = _POSITION.fullmatch(text)
        if written is None or any(int(part) > _LARGEST for part in written.groups()):
            raise ValueError(f"not a position: {text!r}")
        return cls(*(int(part) for part in written.groups()))


@dataclass(frozen=True, slots=True)
class Event:
    """A fact with its place; its data stays the JSON text that was stored, encoded once for all readers."""

    position: Position
    type: str
    subject: UUID
    at: datetime
    json: str
    inbox_id: InboxId | None = None
    campaign_id: CampaignId | None = None
