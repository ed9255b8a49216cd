"""Contacts: looked up, changed, upserted by one of their identities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.app.ports import Unit
from inbox.app.views import moment
from inbox.domain.contact import Claim, Contact, LanguageBy
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import ContactId, TicketId, new_id
from inbox.domain.languages import named
from inbox.errors import Invalid


def contact_view(contact: Contact) -> dict[str, Any]:
    """Show a contact."""
    return {
        "id": str(contact.id),
        "name": contact.name,
        "language": contact.language,
        "roles": list(contact.roles),
        "language_by": contact.language_by.value if contact.language_by else None,
        "identities": [
            {"kind": i.kind.value, "value": i.value, "scope": i.scope, "verified": i.verified}
            for i in contact.identities
        ],
        "created_at": moment(contact.created_at),
    }


async def put_contact(
    unit: Unit,
    claims: Sequence[Claim],
    *,
    name: str | None,
    language: str | None,
    roles: tuple[str, ...] | None = None,
    now: datetime,
) -> Contact:
    """Store a person under their identities: a new one, or what is new about the known one.

    The same verified identity is one person; nobody is merged on a name.
    """
    if not any(claim.verified for claim in claims):
        raise Invalid("Name at least one verified identity of the contact.")
    known = await unit.contacts.by_claims(claims)
    if known is None:
        by = LanguageBy.SOURCE if language else None
        wanted = Contact(ContactId(new_id()), name, now, language, by, roles=roles or ())
        contact = await unit.contacts.add(wanted, claims)
        _record(unit, contact)
        return contact
    await unit.contacts.add_claims(known.id, claims)
    wanted = replace(known, name=name or known.name, roles=known.roles if roles is None else roles)
    return await change_contact(unit, known, named(wanted, language, LanguageBy.SOURCE) if language else wanted)


async def change_contact(unit: Unit, known: Contact, wanted: Contact) -> Contact:
    """Change the name, language or roles of a person, on their tickets too."""
    if wanted != known:
        await unit.contacts.save(wanted)
    changed = await unit.contacts.find(known.id)
    if changed != known:
        _record(unit, changed)
    return changed


async def correct_language(unit: Unit, ticket_id: TicketId, language: str) -> None:
    """Keep for the person who wrote last what a manager says of their language; nothing changes it by itself again."""
    last = await unit.messages.last_inbound(ticket_id)
    if last is not None and last.contact_id is not None:
        known = await unit.contacts.find(last.contact_id)
        await change_contact(unit, known, named(known, language, LanguageBy.PERSON))


def _record(unit: Unit, contact: Contact) -> None:
    unit.record(contact_event(contact))


def contact_event(contact: Contact) -> NewEvent:
    """Return the fact that a contact changed."""
    # The name travels with the tickets; who may see a contact is decided when they are fetched.
    return NewEvent(EventType.CONTACT_CHANGED, contact.id, {"contact": {"id": str(contact.id)}})
