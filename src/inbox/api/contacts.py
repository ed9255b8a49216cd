"""Contacts: looked up, changed, upserted."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from inbox.api.auth import Caller, require
from inbox.api.bodies import ContactBody, ContactChange
from inbox.api.json import Json
from inbox.api.paging import Limit, whole
from inbox.api.services import services
from inbox.api.shapes import AddressShape, ContactShape, ContactWithTickets, ListOf
from inbox.app import contacts
from inbox.app.contacts import contact_view
from inbox.app.ports import Unit
from inbox.app.suppress import suppression_view
from inbox.app.views import ticket_view
from inbox.domain.contact import Claim, Contact, IdentityKind, LanguageBy
from inbox.domain.credentials import Scope
from inbox.domain.ids import ContactId
from inbox.domain.languages import named
from inbox.errors import NotFound

router = APIRouter(prefix="/api/v1", tags=["contacts"])

Reads = Annotated[Caller, require(scope="contacts:read")]
Works = Annotated[Caller, require(scope="contacts:write")]
Addresses = Annotated[list[Annotated[str, StringConstraints(max_length=320)]], Query(min_length=1, max_length=50)]
Words = Annotated[str | None, Query(max_length=200, description="words of a name, address or number")]


@router.get("/contacts", response_model=ListOf[ContactShape])
async def list_contacts(request: Request, caller: Reads, q: Words = None, limit: Limit = 20) -> Json:
    """Look contacts up by name, address or number."""
    async with services(request).units.reading() as unit:
        found = await unit.contacts.search(q.replace("\x00", "") if q else None, caller.access, limit=limit)
    return whole([contact_view(contact) for contact in found])


@router.get("/addresses", response_model=ListOf[AddressShape])
async def list_addresses(request: Request, caller: Reads, address: Addresses) -> Json:
    """Say what is known of addresses before they are written to."""
    async with services(request).units.reading() as unit:
        keys = list(dict.fromkeys(each.replace("\x00", "").strip().casefold() for each in address))
        names = await unit.contacts.names(keys, caller.access)
        gone = {key: suppression_view(found) for key, found in (await unit.suppressions.among(keys)).items()}
    return whole([{"address": k, "known": k in names, "name": names.get(k), "suppressed": gone.get(k)} for k in keys])


@router.get("/contacts/{contact_id}", response_model=ContactWithTickets)
async def get_contact(request: Request, caller: Reads, contact_id: UUID) -> Json:
    """Show a contact with their newest tickets; to a program only if it may read tickets."""
    async with services(request).units.reading() as unit:
        contact = await _find(unit, caller, contact_id)
        may_read = caller.role is not None or Scope.TICKETS_READ in caller.scopes
        tickets = await unit.tickets.of_contact(contact.id, caller.access) if may_read else []
    return Json({**contact_view(contact), "tickets": [ticket_view(ticket) for ticket in tickets]})


@router.patch("/contacts/{contact_id}", response_model=ContactShape)
async def change_contact(request: Request, caller: Works, contact_id: UUID, body: ContactChange) -> Json:
    """Change a contact's name or language."""
    async with services(request).units() as unit:
        known = await _find(unit, caller, contact_id)
        roles = _roles(body)
        wanted = replace(known, name=body.name or known.name, roles=known.roles if roles is None else roles)
        if body.language is not None:
            by = LanguageBy.PERSON if caller.manager_id else LanguageBy.SOURCE
            wanted = named(wanted, body.language, by)
        return Json(contact_view(await contacts.change_contact(unit, known, wanted)))


@router.put("/contacts", response_model=ContactShape)
async def put_contact(request: Request, caller: Works, body: ContactBody) -> Json:
    """Store a contact under their identities, new or changed."""
    at_hand = services(request)
    claims = [Claim(IdentityKind(i.kind), i.plain, i.scope, i.verified) for i in body.identities]
    async with at_hand.units(*(f"{c.kind}:{c.scope}:{c.key}" for c in claims)) as unit:
        known = await unit.contacts.by_claims(claims)
        if known is not None:
            await _find(unit, caller, known.id)
        contact = await contacts.put_contact(
            unit, claims, name=body.name, language=body.language, roles=_roles(body), now=at_hand.clock()
        )
    return Json(contact_view(contact))


def _roles(body: ContactBody | ContactChange) -> tuple[str, ...] | None:
    return None if body.roles is None else tuple(dict.fromkeys(body.roles))


async def _find(unit: Unit, caller: Caller, contact_id: UUID) -> Contact:
    contact = await unit.contacts.find(ContactId(contact_id))
    if not await unit.contacts.seen_by(contact.id, caller.access):
        raise NotFound("There is no such contact.")
    return contact
