"""Whether some manager has room, as far as this process knows without asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inbox.domain.ids import InboxId

_REMEMBERED = timedelta(milliseconds=100)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Room:
    """Remembers for a moment that all who may see an inbox were full, so that a flood does not ask again for each drop.

    Whoever gets room in that moment is found by `assign_waiting`, which every change of a ticket or manager wakes.
    """

    def __init__(self) -> None:
        self._full_until: dict[InboxId, datetime] = {}

    def is_worth_asking(self, inbox_id: InboxId, now: datetime) -> bool:
        """Tell whether there may be room for tickets of an inbox."""
        return now >= self._full_until.get(inbox_id, _LONG_AGO)

    def nobody_had_any(self, inbox_id: InboxId, now: datetime) -> None:
        """Remember an answer."""
        self._full_until[inbox_id] = now + _REMEMBERED
