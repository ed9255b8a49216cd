"""Whom a message is for: each with their part in it, and whether it reached them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MAX_RECIPIENTS = 50  # of one message


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


@dataclass(frozen=True, slots=True)
class Circle:
    """Who is who around a ticket, by their addresses' keys."""

    contact: Recipient  # where the contact is answered
    contacts: frozenset[str] = frozenset()  # every address of theirs
    own: frozenset[str] = frozenset()  # of our inboxes
    strangers: frozenset[str] = frozenset()  # who joined by our mark alone
    hidden: frozenset[str] = frozenset()  # who was written to without the contact's knowledge


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer knows of the message that it answers."""

    writer: Recipient | None = None
    recipients: tuple[Recipient, ...] = ()
    through_list: bool = False  # the list is not whom we talk to, and those on it are not ours to write to


def is_own(address: str, own: frozenset[str]) -> bool:
    """Tell whether an address is one of our inboxes', with or without a mark of ours behind a plus."""
    local, at, domain = address.strip().casefold().rpartition("@")
    return f"{local}{at}{domain}" in own or f"{local.partition('+')[0]}{at}{domain}" in own


def answer_to_all(heard: Heard, circle: Circle) -> tuple[Recipient, ...]:
    """Return whom an answer to everybody goes to: the contact first, then who wrote, then who was to read it.

    Nobody stands in it twice, and nobody whom the contact must not know of: blind copies, side conversations, strangers
    who only hold our mark. Our own inboxes would answer themselves.
    """
    unwanted = circle.strangers | circle.hidden | circle.contacts
    chosen = {circle.contact.key: Recipient(circle.contact.address, circle.contact.name)}
    for each, role in _named(heard):
        if each.key not in unwanted and not is_own(each.key, circle.own):
            chosen.setdefault(each.key, Recipient(each.address, each.name, role))
    return tuple(chosen.values())[:MAX_RECIPIENTS]


def _named(heard: Heard) -> list[tuple[Recipient, Role]]:
    if heard.through_list:
        return []
    writer = [(heard.writer, Role.TO)] if heard.writer else []
    return [*writer, *((each, Role.CC) for each in heard.recipients if each.role is not Role.BCC)]


def distinct(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return each address once, in its most open part."""
    found = dict[str, Recipient]()
    for each in sorted(recipients, key=lambda each: list(Role).index(each.role)):
        found.setdefault(each.key, each)
    return tuple(found.values())
