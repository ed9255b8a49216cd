"""Sets the stage: clients, campaigns, team, managers and inboxes, made by the use cases as an administrator would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.app import campaigns, inboxes
from inbox.app.campaigns import CampaignWish
from inbox.app.opened import OpenInboxes
from inbox.app.ports import Unit
from inbox.app.presence import manager_event
from inbox.demo.cast import CAMPAIGNS, CLIENTS, LANGUAGES, MANAGERS, PLATFORM, StagedManager
from inbox.demo.envelopes import SITE, address_of
from inbox.demo.far_ends import HOST, MAIL_USER
from inbox.demo.memory import Ports
from inbox.demo.scenario import CallFact, ChatLine, Comment, Mail, Said
from inbox.domain.campaign import Team
from inbox.domain.ids import CampaignId, ClientId, InboxId, ManagerId, TeamId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role

CHAT, COMMENTS = "chat", "comments"
STAGE = "demo"  # the lock of whoever sets it
_TEAM = "Mitmachwerk"
_GREETING = {
    "greeting_en": "Hello! Ask us anything about the projects.",
    "greeting_de": "Hallo! Fragen zu den Projekten? Schreiben Sie uns.",
    "privacy_en": "This is a demonstration: nothing leaves this machine.",
    "privacy_de": "Dies ist eine Vorführung: Nichts verlässt diesen Rechner.",
}


def mailbox(campaign: str) -> str:
    """Name the mail inbox of a campaign."""
    return f"email:{campaign}"


def line(campaign: str) -> str:
    """Name the telephone inbox of a campaign."""
    return f"telephony:{campaign}"


def inbox_of(said: Said, inboxes: Mapping[str, str]) -> InboxId:
    """Return the inbox in which something is said; `inboxes` are those of the demo by their role."""
    return InboxId(UUID(inboxes[_role_of(said)]))


def _role_of(said: Said) -> str:
    match said:
        case ChatLine():
            return CHAT
        case Comment():
            return COMMENTS
        case Mail():
            return mailbox(said.campaign.key)
        case CallFact():
            return line(said.campaign.key)


@dataclass(frozen=True, slots=True)
class Prop:
    """An inbox that the story needs."""

    role: str  # what the demo calls it
    channel: str
    name: str
    config: dict[str, Any]
    campaign: str | None = None


def props(secret: str, ports: Ports) -> Iterator[Prop]:
    """Yield the inboxes of the platform."""
    chat = _GREETING | {"title": "Mitmachwerk", "sites": [SITE], "platform": PLATFORM, "identity_secret": secret}
    yield Prop(CHAT, "chat", "Chat auf mitmachwerk.example", chat)
    comments = {"platform": PLATFORM, "secret": secret, "reply_origins": [f"http://{HOST}:{ports.replies}"]}
    yield Prop(COMMENTS, "comments", "Kommentare auf mitmachwerk.example", comments)
    for campaign in CAMPAIGNS:
        title = campaign.name.partition(" – ")[0]
        yield Prop(
            mailbox(campaign.key), "email", address_of(campaign), _mail(campaign.key, secret, ports), campaign.key
        )
        yield Prop(line(campaign.key), "telephony", f"Telefon {title}", {"secret": secret}, campaign.key)


def _mail(campaign: str, secret: str, ports: Ports) -> dict[str, Any]:
    return {
        "address": f"{campaign}@{PLATFORM}",
        "display_name": "Mitmachwerk",
        "imap_host": HOST,
        "imap_port": ports.imap,
        "imap_security": "none",
        "imap_user": MAIL_USER,
        "imap_password": secret,
        "imap_folder": campaign,
        "sync_from": "all",
        "smtp_host": HOST,
        "smtp_port": ports.smtp,
        "smtp_security": "none",
    }


async def set_stage(unit: Unit, opened: OpenInboxes, secret: str, ports: Ports, *, now: datetime) -> Mapping[str, str]:
    """Make everything that the story needs; the unit holds the lock `STAGE`. Returns the inboxes by their role."""
    newcomers = [await _at_home(unit, manager) for manager in await unit.managers.all() if manager.active]
    members = [*newcomers, *[await _manager(unit, staged) for staged in MANAGERS]]
    team = await campaigns.put_team(unit, Team(TeamId(new_id()), _TEAM, frozenset(member.id for member in members)))
    clients = {c.key: (await campaigns.put_client(unit, c.key, c.name)).id for c in CLIENTS}
    keys = {}
    for staged in CAMPAIGNS:
        wish = CampaignWish(_campaign(staged.key, clients, now) | {"team_id": team.id})
        keys[staged.key] = (await campaigns.put_campaign(unit, staged.key, wish, now=now)).id
    return {prop.role: str(await _inbox(unit, opened, prop, keys)) for prop in props(secret, ports)}


async def move_stage(unit: Unit, opened: OpenInboxes, known: Mapping[str, str], secret: str, ports: Ports) -> None:
    """Point the inboxes at far ends that had to move to other ports; what a person changed besides stays."""
    for prop in props(secret, ports):
        inbox = await unit.inboxes.find(InboxId(UUID(known[prop.role])))
        moved = {key: prop.config[key] for key in ("imap_port", "smtp_port", "reply_origins") if key in prop.config}
        if any(_plain(inbox.config.get(key)) != value for key, value in moved.items()):
            wanted = replace(inbox, config=inbox.config | moved)
            await inboxes.change_inbox(unit, opened.channel(inbox.channel), inbox, wanted, version=inbox.version)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


async def colleagues(unit: Unit) -> Mapping[str, Manager]:
    """Return the managers of the story by their names."""
    staged = {each.email for each in MANAGERS}
    return {manager.name: manager for manager in await unit.managers.all() if manager.email in staged}


def _campaign(key: str, clients: Mapping[str, ClientId], now: datetime) -> dict[str, Any]:
    staged = next(campaign for campaign in CAMPAIGNS if campaign.key == key)
    return {
        "name": staged.name,
        "client_id": clients[staged.client],
        "phase": staged.phase,
        "starts_on": (now + staged.begins).date(),
        "ends_on": (now + staged.ends).date(),
        "languages": tuple(staged.languages),
        "topics": staged.topics,
    }


async def _at_home(unit: Unit, manager: Manager) -> Manager:
    """Let whoever tries the demo understand its crowd, and give them room for a call and for something else."""
    if manager.languages:
        return manager
    saved = await unit.managers.save(replace(manager, languages=LANGUAGES, capacity=2 * manager.capacity))
    unit.record(manager_event(saved))
    return saved


async def _manager(unit: Unit, staged: StagedManager) -> Manager:
    """Store a colleague, busy: they help by themselves and are given nothing, so that the newcomer has work."""
    manager = await unit.managers.by_email(staged.email) or await unit.managers.add(
        Manager(
            id=ManagerId(new_id()),
            email=staged.email,
            name=staged.name,
            role=Role(staged.role),
            availability=Availability.BUSY,
            capacity=staged.capacity,
            languages=staged.languages,
            locale=staged.locale,
            access=EVERYTHING,
        )
    )
    unit.record(manager_event(manager))
    return manager


async def _inbox(unit: Unit, opened: OpenInboxes, prop: Prop, keys: Mapping[str, CampaignId]) -> InboxId:
    campaign_id = keys[prop.campaign] if prop.campaign else None
    channel = opened.channel(prop.channel)
    inbox: Inbox = (await inboxes.add_inbox(unit, channel, prop.name, prop.config, campaign_id=campaign_id))[0]
    return inbox.id
