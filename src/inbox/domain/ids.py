"""A type for every identifier, and how new ones are made."""

from __future__ import annotations

import os
import time
from typing import NewType
from uuid import UUID

ClientId = NewType("ClientId", UUID)
CampaignId = NewType("CampaignId", UUID)
TeamId = NewType("TeamId", UUID)
ManagerId = NewType("ManagerId", UUID)
InboxId = NewType("InboxId", UUID)
ContactId = NewType("ContactId", UUID)
IdentityId = NewType("IdentityId", UUID)
TicketId = NewType("TicketId", UUID)
MessageId = NewType("MessageId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
OriginalId = NewType("OriginalId", UUID)
ClockId = NewType("ClockId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
VisitorId = NewType("VisitorId", UUID)


def new_id() -> UUID:
    """Return a UUIDv7: sortable by the millisecond it was made (RFC 9562 section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    high = random >> 68 & 0x0FFF
    low = random & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
