"""Whom a message is for: each with their part in it, and whether it reached them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """In which field of a message somebody stands."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"  # known to the sender alone


class Fate(StrEnum):
    """What became of a message on its way to one of those whom it is for."""

    SENT = "sent"  # handed over
    DELAYED = "delayed"  # still being tried
    FAILED = "failed"  # it will not arrive
    UNCERTAIN = "uncertain"  # it may have arrived


@dataclass(frozen=True, slots=True)
class Recipient:
    """One of those whom a message is for."""

    address: str
    name: str | None = None
    role: Role = Role.TO
    state: Fate | None = None  # None: not known yet; of what came in: not ours to know
    note: str | None = None  # the far end's words

    @property
    def key(self) -> str:
        """Return the address as it is compared: addresses do not differ by case."""
        return self.address.strip().casefold()
