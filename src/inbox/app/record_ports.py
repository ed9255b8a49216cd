"""What rehearsals need of the store: what was recorded of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inbox.domain.ids import CampaignId, ContactId, InboxId, ManagerId, TicketId
from inbox.domain.manager import Availability


@dataclass(frozen=True, slots=True)
class Spoken:
    """A contact said something and began to wait for our answer."""

    ticket_id: TicketId
    inbox_id: InboxId
    channel: str
    at: datetime
    seq: int  # of the message in its ticket
    text: str
    subject: str | None = None
    campaign_id: CampaignId | None = None
    contact_id: ContactId | None = None
    roles: tuple[str, ...] = ()  # of the contact
    language: str | None = None
    lane: str | None = None  # as a person set it; None: nobody did
    live: bool = False
    public: bool = False
    is_call: bool = False
    continues: bool = False  # the ticket follows an older one
    answered_at: datetime | None = None  # None: never


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody's availability changed."""

    manager_id: ManagerId
    at: datetime
    availability: Availability


@dataclass(frozen=True, slots=True)
class Answer:
    """A manager answered in a channel."""

    manager_id: ManagerId
    channel: str
    at: datetime


class RecordStore(Protocol):
    """What was recorded of a period."""

    async def spoken(self, since: datetime, until: datetime, *, limit: int) -> list[Spoken]: ...
    async def attended(self, since: datetime, until: datetime) -> list[Attended]: ...
    async def answers(self, since: datetime, until: datetime, *, limit: int) -> list[Answer]: ...
