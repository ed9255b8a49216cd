"""A type for every identifier, and how new ones are made."""

from __future__ import annotations

import os
import threading
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


class _Growing:
    """Numbers of a millisecond and 74 random bits that only ever grow, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """Return one above all that were given: within a millisecond, or after the clock went back, by a small step."""
        random = int.from_bytes(os.urandom(10), "big") >> 6
        drawn = time.time_ns() // 1_000_000 << 74 | random
        with self._lock:
            self._last = drawn if drawn > self._last else self._last + 1 + (random & 0xFFFF_FFFF)
            return self._last


_growing = _Growing()


def new_id() -> UUID:
    """Return a UUIDv7 that sorts after all that this process made before (RFC 9562 sections 5.7 and 6.2)."""
    drawn = _growing.next()
    milliseconds, high, low = drawn >> 74, drawn >> 62 & 0x0FFF, drawn & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
