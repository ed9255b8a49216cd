"""Whom an answer goes to: as it is proposed, and as its writer wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inbox.app.ports import Unit
from inbox.domain.contact import IdentityKind
from inbox.domain.message import Message
from inbox.domain.recipients import (
    MAX_RECIPIENTS,
    Circle,
    Heard,
    Recipient,
    Role,
    answer_to_all,
    distinct,
    is_own,
)
from inbox.domain.ticket import Ticket
from inbox.errors import Invalid

_FROM = "from"  # of a message's meta: the address that it was written from
_LIST = "list"  # of a message's meta: it came through a mailing list


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the next answer may go to."""

    reply: tuple[Recipient, ...]  # the contact alone
    reply_all: tuple[Recipient, ...]  # everybody who was in it


async def audience(unit: Unit, ticket: Ticket, *, own: frozenset[str]) -> Audience:
    """Propose whom to answer."""
    answered = await unit.messages.last_heard_in(ticket.inbox_id, ticket.id)
    contact = await contact_of(unit, ticket, answered)
    if contact is None:
        return Audience((), ())
    strangers, hidden = await unit.messages.around(ticket.id)
    contacts = frozenset(address.casefold() for address in await _addresses(unit, ticket))
    circle = Circle(contact, contacts, own, strangers, hidden)
    everybody = answer_to_all(_heard(answered, ticket), circle)
    gone = await unit.suppressions.among([each.key for each in everybody])
    return Audience((contact,), tuple(each for each in everybody if each.key == contact.key or each.key not in gone))


async def addressed(
    unit: Unit, ticket: Ticket, wanted: Sequence[Recipient], answered: Message | None, *, own: frozenset[str]
) -> tuple[Recipient, ...]:
    """Return whom an answer goes to: those who are wanted, of whom the contact must be one; else the contact alone."""
    contact = await contact_of(unit, ticket, answered)
    if not any(each.role is Role.TO for each in wanted):
        wanted = (*([contact] if contact else []), *wanted)
    chosen = distinct(wanted)
    check(chosen, own=own)
    theirs = {address.casefold() for address in await _addresses(unit, ticket)}
    if theirs and not any(each.role is Role.TO and each.key in theirs for each in chosen):
        raise Invalid("An answer goes to the contact too; to write to others alone, forward a message.", pointer="/to")
    return chosen


def check(recipients: Sequence[Recipient], *, own: frozenset[str]) -> None:
    """Refuse whom we cannot write to."""
    if len(recipients) > MAX_RECIPIENTS:
        raise Invalid(f"A message goes to at most {MAX_RECIPIENTS} people.")
    ours = next((each for each in recipients if is_own(each.address, own)), None)
    if ours is not None:
        raise Invalid(f"{ours.address} is one of our own inboxes.", pointer=f"/{ours.role.value}")


async def contact_of(unit: Unit, ticket: Ticket, answered: Message | None) -> Recipient | None:
    """Return where the contact is answered: where they wrote from if that is theirs, else their first address."""
    addresses = await _addresses(unit, ticket)
    wrote_from = str(answered.meta.get(_FROM, "")).casefold() if answered else ""
    best = next((address for address in addresses if address.casefold() == wrote_from), None)
    address = best or next(iter(addresses), None)
    return Recipient(address, ticket.contact_name if ticket.contact_name != address else None) if address else None


async def _addresses(unit: Unit, ticket: Ticket) -> tuple[str, ...]:
    return await unit.contacts.addresses(ticket.contact_id, IdentityKind.EMAIL) if ticket.contact_id else ()


def _heard(answered: Message | None, ticket: Ticket) -> Heard:
    if answered is None:
        return Heard()
    address = answered.meta.get(_FROM)
    writer = Recipient(address, answered.author_name) if isinstance(address, str) else None
    # What we answer by is who was there; whom a stranger or a form names is not.
    named = answered.recipients if not answered.unverified else ()
    return Heard(None if answered.unverified else writer, named, bool(answered.meta.get(_LIST)))
