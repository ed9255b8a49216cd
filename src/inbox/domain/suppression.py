"""Addresses that are not written to again, for there is nobody behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inbox.domain.ids import TicketId


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that mails came back from for good; written to again only after a person took it from the list."""

    address: str  # as it is compared
    reason: str  # the far end's words, or a person's
    at: datetime
    ticket_id: TicketId | None = None  # where it was found out
