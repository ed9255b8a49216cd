"""Contacts and identities in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from inbox.domain.contact import Claim, Contact, Identity, IdentityKind, LanguageBy, naming
from inbox.domain.ids import ContactId, IdentityId, new_id
from inbox.domain.manager import EVERYTHING, Access
from inbox.errors import NotFound
from inbox.store.database import Session
from inbox.store.tables import contacts, identities, tickets
from inbox.store.tickets import visible


class Contacts:
    """The contacts of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, contact_id: ContactId) -> Contact:
        """Return a contact with its identities; raise NotFound."""
        row = await self._session.row(select(contacts).where(contacts.c.id == contact_id))
        if row is None:
            raise NotFound("There is no such contact.")
        return _to_contact(row, await self._identities(contact_id))

    async def by_claims(self, claims: Sequence[Claim]) -> Contact | None:
        """Return the contact whom the first known verified claim names; an unverified one names nobody."""
        for claim in naming(claims):
            statement = select(identities.c.contact_id).where(
                identities.c.verified,
                identities.c.kind == claim.kind.value,
                identities.c.scope == claim.scope,
                identities.c.value == claim.key,
            )
            contact_id = await self._session.value(statement)
            if contact_id is not None:
                return await self.find(contact_id)
        return None

    async def add(self, contact: Contact, claims: Sequence[Claim]) -> Contact:
        """Store a new contact and the claims that named it."""
        row = {
            "id": contact.id,
            "name": contact.name,
            "language": contact.language,
            "roles": list(contact.roles),
            "language_by": contact.language_by,
            "heard": contact.heard,
            "created_at": contact.created_at,
        }
        await self._session.run(contacts.insert().values(**row))
        await self.add_claims(contact.id, claims)
        return await self.find(contact.id)

    async def add_claims(self, contact_id: ContactId, claims: Sequence[Claim]) -> None:
        """Remember further identities; one that names somebody else already is left with them."""
        for claim in claims:
            row = claim_row(contact_id, claim)
            await self._session.run(insert(identities).values(**row).on_conflict_do_nothing())

    async def save(self, contact: Contact) -> None:
        """Change what is known of a person, and what their tickets show."""
        name, theirs = contact.name, tickets.c.contact_id == contact.id
        known = {"name": name, "language": contact.language, "language_by": contact.language_by}
        changed = update(contacts).where(contacts.c.id == contact.id)
        await self._session.run(changed.values(**known, roles=list(contact.roles), version=contacts.c.version + 1))
        shown = update(tickets).where(theirs, tickets.c.contact_name.is_distinct_from(name))
        await self._session.run(shown.values(contact_name=name, version=tickets.c.version + 1))

    async def search(self, words: str | None, access: Access, *, limit: int) -> list[Contact]:
        """Return contacts by name or identity whom the caller may know."""
        statement = select(contacts).order_by(contacts.c.name, contacts.c.id).limit(limit)
        if words:
            pattern = f"%{words}%"
            by_identity = select(identities.c.contact_id).where(identities.c.value.ilike(pattern))
            statement = statement.where(or_(contacts.c.name.ilike(pattern), contacts.c.id.in_(by_identity)))
        if access != EVERYTHING:
            statement = statement.where(_known_to(access))
        rows = await self._session.rows(statement)
        found = await self._identities(*(row["id"] for row in rows))
        return [_to_contact(row, [i for i in found if i.contact_id == row["id"]]) for row in rows]

    async def addresses(self, contact_id: ContactId, kind: IdentityKind) -> tuple[str, ...]:
        """Return where a contact is reached in one kind, the verified first."""
        statement = (
            select(identities.c.value)
            .where(and_(identities.c.contact_id == contact_id, identities.c.kind == kind.value))
            .order_by(identities.c.verified.desc(), identities.c.id)
        )
        return tuple(row["value"] for row in await self._session.rows(statement))

    async def names(self, addresses: Sequence[str], access: Access) -> dict[str, str | None]:
        """Return the names of those of these addresses that somebody wrote from whom the caller may know."""
        statement = (
            select(identities.c.value, contacts.c.name)
            .join(contacts, contacts.c.id == identities.c.contact_id)
            .where(identities.c.kind == IdentityKind.EMAIL.value, identities.c.value.in_(addresses))
        )
        if access != EVERYTHING:
            statement = statement.where(_known_to(access))
        return {row["value"]: row["name"] for row in await self._session.rows(statement)}

    async def seen_by(self, contact_id: ContactId, access: Access) -> bool:
        """Tell whether the caller may know this contact: by a ticket that they see, or while nobody has one."""
        statement = select(contacts.c.id).where(contacts.c.id == contact_id, _known_to(access))
        return await self._session.value(statement) is not None

    async def _identities(self, *contact_ids: ContactId) -> list[Identity]:
        statement = select(identities).where(identities.c.contact_id.in_(contact_ids)).order_by(identities.c.id)
        return [_to_identity(row) for row in await self._session.rows(statement)]


def _known_to(access: Access) -> ColumnElement[bool]:
    theirs = tickets.c.contact_id == contacts.c.id
    return or_(exists().where(theirs, visible(access)), ~exists().where(theirs))


def claim_row(contact_id: ContactId, claim: Claim) -> dict[str, Any]:
    """Return an identity as columns."""
    return {
        "id": new_id(),
        "contact_id": contact_id,
        "kind": claim.kind.value,
        "scope": claim.scope,
        "value": claim.key,
        "verified": claim.verified,
    }


def _to_contact(row: Mapping[str, Any], known: Sequence[Identity]) -> Contact:
    return Contact(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        language=row["language"],
        language_by=LanguageBy(row["language_by"]) if row["language_by"] else None,
        heard=row["heard"],
        identities=tuple(known),
        roles=tuple(row["roles"]),
    )


def _to_identity(row: Mapping[str, Any]) -> Identity:
    return Identity(
        id=IdentityId(row["id"]),
        contact_id=row["contact_id"],
        kind=IdentityKind(row["kind"]),
        value=row["value"],
        scope=row["scope"],
        verified=row["verified"],
    )
