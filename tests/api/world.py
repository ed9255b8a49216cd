"""A small world with one of everything, on the side that some callers must not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx2 as httpx

from inbox.app.links import SETUP
from inbox.app.managers import reset
from inbox.app.ports import Visitor
from inbox.app.views import ticket_event
from inbox.channel.model import File, Original
from inbox.domain.campaign import Campaign, Client, Team
from inbox.domain.contact import Claim, Contact, IdentityKind
from inbox.domain.credentials import Scope, hash_of, new_token
from inbox.domain.events import EventType
from inbox.domain.ids import (
    CampaignId,
    ClientId,
    ContactId,
    InboxId,
    MessageId,
    TeamId,
    TicketId,
    VisitorId,
    new_id,
)
from inbox.domain.manager import Access, Role
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.ticket import State, Ticket
from inbox.keeper import BlobKeeper
from tests.api.conftest import House

# Nothing that some callers may see holds these words.
OF_TICKETS = "Geheimnis-der-Vorgaenge"
OF_INBOXES = "Geheimnis-des-Eingangs"
OF_CAMPAIGNS = "Geheimnis-der-Kampagne"

_WATCHED = (
    "tickets",
    "messages",
    "contacts",
    "identities",
    "campaigns",
    "clients",
    "inboxes",
    "teams",
    "team_members",
    "uploads",
    "originals",
    "outbox",
    "events",
    "rulebooks",
    "(select id, role, active, name, email, capacity, version, password_hash from managers)",
    "(select id, scopes, revoked_at from api_keys)",
    "(select manager_id from sessions)",
)


@dataclass(slots=True)
class World:
    """The ids of everything."""

    house: House
    admin: httpx.AsyncClient
    ids: dict[str, str]

    async def digest(self) -> str:
        """Return a hash of everything that a refused caller must not have changed."""
        parts = [f"(select md5(coalesce(string_agg(x::text, '|' order by x::text), '')) from {t} x)" for t in _WATCHED]
        async with self.house.units.session() as session:
            found = await session.driver.fetchval("select concat_ws(',', " + ", ".join(parts) + ")")
        return str(found)

    def id(self, name: str) -> UUID:
        """Return the id of something."""
        return UUID(self.ids[name])

    def path(self, pattern: str) -> str:
        """Fill ids into the path of an operation."""
        return pattern.format_map(self.ids)

    async def callers(self, role: Role) -> dict[str, httpx.AsyncClient]:
        """Return one caller of every kind, as privileged as `role` where that is not the point."""
        house = self.house
        elsewhere = Access(inboxes=frozenset({_inbox_id(self.ids["other_inbox"])}))
        wrong = Access(inboxes=None, campaigns=frozenset({CampaignId(UUID(self.ids["other_campaign"]))}))
        below = {Role.ADMIN: Role.LEAD, Role.LEAD: Role.MANAGER}.get(role, Role.MANAGER)
        gone = await house.manager(role, name="Gone")
        gone_browser = await house.browser(gone)
        async with house.units() as unit:
            await unit.managers.save(replace(gone, active=False))
        readers = [scope for scope in Scope if scope.value.endswith(":read")]
        return {
            "nobody": await house.nobody(),
            "other inbox": await house.browser(await house.manager(role, name="Else", access=elsewhere)),
            "lower role": await house.browser(await house.manager(below, name="Lower")),
            "read-only key": (await house.program(*readers))[0],
            "deactivated": gone_browser,
            "visitor": await house.nobody(cookies={"inbox": self.ids["visitor_token"]}),
            "wrong campaign": await house.browser(await house.manager(role, name="Wrong", access=wrong)),
            "other inbox's key": (await house.program(*Scope, inboxes=[_inbox_id(self.ids["other_inbox"])]))[0],
        }


async def build(house: House) -> World:
    """Make one of everything."""
    me = await house.manager(name="Admin")
    admin = await house.browser(me)
    world = World(house, admin, {})
    await _inboxes(world)
    await _campaigns(world)
    await _correspondence(world, me.id)
    await _people(world)
    return world


async def _inboxes(world: World) -> None:
    for name, channel in (("inbox", "comments"), ("phone", "telephony"), ("other_inbox", "chat"), ("empty", "chat")):
        title = "Other" if name == "other_inbox" else f"{OF_INBOXES} {name}"
        body = {"channel": channel, "name": title, "config": {}}
        answer = await world.admin.post("/api/v1/inboxes", json=body)
        world.ids[name] = answer.json()["id"]
    world.ids["inbox_id"] = world.ids["inbox"]


async def _campaigns(world: World) -> None:
    async with world.house.units() as unit:
        client = await unit.campaigns.put_client(Client(ClientId(new_id()), "c-1", "Verein"))
        for name, title in (("campaign", OF_CAMPAIGNS), ("other_campaign", "Other")):
            campaign = Campaign(CampaignId(new_id()), f"p-{name}", title, client_id=client.id)
            world.ids[name] = str((await unit.campaigns.add(campaign)).id)
        team = await unit.campaigns.put_team(Team(TeamId(new_id()), "Licht"))
    world.ids |= {"client": str(client.id), "key": "p-campaign", "team_id": str(team.id)}
    world.ids["campaign_id"] = world.ids["campaign"]


async def _correspondence(world: World, me: Any) -> None:
    house, now = world.house, world.house.clock()
    inbox_id = _inbox_id(world.ids["inbox"])
    keeper = BlobKeeper(house.app.state.services.blobs)
    upload, kept = await keeper.keep(File("a.txt", b"free")), await keeper.keep(File("b.txt", b"kept"))
    async with house.units() as unit:
        claim = Claim(IdentityKind.EMAIL, f"{OF_TICKETS.lower()}@crowd.example")
        contact = await unit.contacts.add(Contact(ContactId(new_id()), OF_TICKETS, now), [claim])
        ticket = await unit.tickets.add(
            Ticket(
                TicketId(new_id()),
                await unit.tickets.number(),
                inbox_id,
                "comments",
                State.OPEN,
                now,
                now,
                contact_id=contact.id,
                contact_name=OF_TICKETS,
                subject=OF_TICKETS,
                campaign_id=CampaignId(UUID(world.ids["campaign"])),
                thread="update-3",
                last_line=OF_TICKETS,
                last_seq=2,
            )
        )
        said = Message(
            MessageId(new_id()),
            ticket.id,
            inbox_id,
            1,
            Kind.MESSAGE,
            Direction.INBOUND,
            now,
            OF_TICKETS,
            contact_id=contact.id,
            external_id="c-4711",
            attachments=(kept,),
        )
        failed = Message(
            MessageId(new_id()),
            ticket.id,
            inbox_id,
            2,
            Kind.MESSAGE,
            Direction.OUTBOUND,
            now,
            "Danke!",
            delivery=Delivery.FAILED,
            manager_id=me,
            external_id="r-1",
        )
        for message in (said, failed):
            await unit.messages.add(message)
        unit.record(ticket_event(EventType.TICKET_CREATED, ticket, said))
        await unit.messages.add_upload(upload, me)
        original = Original("o-1", OF_INBOXES.encode(), "application/json", now)
        await unit.originals.add(inbox_id, original, state="quarantined", reason=f"{OF_INBOXES} is no JSON")
        visitor = Visitor(VisitorId(new_id()), _inbox_id(world.ids["other_inbox"]))
        token = new_token()
        await unit.visitors.add(visitor, token_hash=hash_of(token), now=now)
    async with house.units.session() as session:
        original_id = await session.driver.fetchval("select id from originals")
    world.ids |= {
        "contact_id": str(contact.id),
        "ticket_id": str(ticket.id),
        "message_id": str(failed.id),
        "said": str(said.id),
        "attachment_id": str(kept.id),
        "upload": str(upload.id),
        "original_id": str(original_id),
        "visitor_token": token,
    }


async def _people(world: World) -> None:
    house = world.house
    target = await house.manager(Role.MANAGER, name="Target")
    async with house.units(SETUP) as unit:
        _, _, token = await reset(unit, target.id, now=house.clock())
    key = (await world.admin.post("/api/v1/api-keys", json={"name": "k", "scopes": ["events:read"]})).json()
    world.ids |= {"manager_id": str(target.id), "manager_version": str(target.version), "link": token}
    world.ids |= {"key_id": key["id"], "email": target.email}


def _inbox_id(text: str) -> InboxId:
    return InboxId(UUID(text))
