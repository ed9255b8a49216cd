"""Whether some manager has room, as far as this process knows without asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_REMEMBERED = timedelta(milliseconds=100)


class Room:
    """Remembers for a moment that everybody was full, so that a flood does not ask again for each of its drops.

    Whoever gets room in that moment is found by `assign_waiting`, which every change of a ticket or manager wakes.
    """

    def __init__(self) -> None:
        self._full_until = datetime(1970, 1, 1, tzinfo=UTC)

    def is_worth_asking(self, now: datetime) -> bool:
        """Tell whether there may be room."""
        return now >= self._full_until

    def nobody_had_any(self, now: datetime) -> None:
        """Remember an answer."""
        self._full_until = now + _REMEMBERED
