"""What the composition root lends to the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from inbox.app.intake import Door
from inbox.app.opened import OpenInboxes
from inbox.app.outgoing import Blobs
from inbox.app.ports import Units
from inbox.channel.host import Clock


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the crowd writes, in seconds between two things; each a range."""

    opening: tuple[float, float] = (1.0, 1.4)  # one thing on each channel, so that a newcomer sees all four
    first: tuple[float, float] = (2.0, 4.0)
    later: tuple[float, float] = (5.0, 10.0)
    first_lasts: timedelta = timedelta(minutes=2)
    thinking: tuple[float, float] = (4.0, 12.0)  # before somebody answers back


@dataclass(frozen=True, slots=True)
class Backstage:
    """The parts of the service that the demo uses, and where it stands."""

    door: Door
    blobs: Blobs
    folder: Path  # the data folder, where the demo keeps its memory
    address: str  # where the crowd calls: http://127.0.0.1:8000
    places: set[tuple[str, int]]  # hosts and ports that the service may call besides; the demo adds its own far ends
    pace: Pace = Pace()

    @property
    def units(self) -> Units:
        """What opens units of work."""
        return self.door.units

    @property
    def inboxes(self) -> OpenInboxes:
        """The inboxes of the service."""
        return self.door.inboxes

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.door.clock
