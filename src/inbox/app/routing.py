"""The rulebook at work: held by each process as a value, saved in versions, tried on a real ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from inbox.app.ports import Unit, Units
from inbox.app.routing_ports import SavedRulebook
from inbox.channel.contract import Channel
from inbox.domain.campaign import Campaign
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import CampaignId, ManagerId, TicketId
from inbox.domain.manager import Access
from inbox.domain.message import Message
from inbox.domain.routing import Read, Router, because, missed
from inbox.domain.routing_effects import again
from inbox.domain.rulebook import CALL, Facts, Routed, Rule, Rulebook
from inbox.domain.shipped_rules import shipped_book
from inbox.domain.ticket import State, Ticket
from inbox.errors import Invalid, StaleVersion

_RULEBOOK = UUID(int=0)  # there is one, and it has no id of its own


@dataclass(frozen=True, slots=True)
class Current:
    """The rulebook that counts, prepared, and the campaigns that rules ask for."""

    router: Router = field(default_factory=lambda: Router.of(shipped_book()))
    version: int = 0
    campaigns: Mapping[CampaignId, Campaign] = field(default_factory=dict)

    def route(self, facts: Facts) -> Routed:
        """Decide about a ticket."""
        return self.router.route(facts)


class Routing:
    """Holds the current rulebook for a process; the way in never asks the database for it."""

    def __init__(self, channels: Iterable[Channel[Any]] = ()) -> None:
        """Begin with the shipped rulebook; each channel says what its tickets weigh and until when they are due."""
        shipped, kinds = shipped_book(), tuple(channels)
        self.shipped = replace(
            shipped,
            weights={channel.kind: channel.capabilities.weight for channel in kinds},
            targets={channel.kind: minutes_of(channel.capabilities.target) for channel in kinds},
        )
        self.current = Current(Router.of(self.shipped))

    async def refresh(self, units: Units) -> None:
        """Take the rulebook and the campaigns as they are stored now."""
        async with units.reading() as unit:
            saved = await self.saved(unit)
            campaigns = {campaign.id: campaign for campaign in await unit.campaigns.all()}
        known = self.current
        same = saved.version == known.version and saved.version > 0
        router = known.router if same else Router.of(saved.book)
        self.current = Current(router, saved.version, campaigns)

    async def saved(self, unit: Unit, version: int | None = None) -> SavedRulebook:
        """Return a version of the rulebook, the newest by default; 0 is the shipped one. Raises NotFound."""
        if version == 0:
            return SavedRulebook(0, self.shipped)
        found = await unit.rulebooks.newest() if version is None else await unit.rulebooks.find(version)
        return replace(found, book=self.completed(found.book)) if found else SavedRulebook(0, self.shipped)

    def completed(self, book: Rulebook) -> Rulebook:
        """Return a rulebook with the usual weights and targets of channels that it does not name."""
        weights, targets = self.shipped.weights, self.shipped.targets
        return replace(book, weights={**weights, **book.weights}, targets={**targets, **book.targets})


async def save(
    unit: Unit, book: Rulebook, *, version: int, note: str, by: ManagerId | None, now: datetime
) -> SavedRulebook:
    """Save a rulebook that was made from `version`; raise StaleVersion if that is not the newest any more."""
    newest = await unit.rulebooks.newest()
    if (newest.version if newest else 0) != version:
        raise StaleVersion
    await _check_names(unit, book)
    saved = SavedRulebook(version + 1, book, by, now, note)
    await unit.rulebooks.add(saved)
    unit.record(NewEvent(EventType.ROUTING_CHANGED, _RULEBOOK, {"version": saved.version}))
    return saved


async def _check_names(unit: Unit, book: Rulebook) -> None:
    """Refuse rules about what is not there: a ticket could not be given to such a team."""
    inboxes = {inbox.id for inbox in await unit.inboxes.all()}
    campaigns = {campaign.id for campaign in await unit.campaigns.all()}
    clients = {client.id for client in await unit.campaigns.clients()}
    teams = {team.id for team in await unit.campaigns.teams()}
    for rule in book.rules:
        for what, named, there in (
            ("inbox", rule.when.inboxes, inboxes),
            ("campaign", rule.when.campaigns, campaigns),
            ("client", rule.when.clients, clients),
            ("team", {rule.then.team_id} - {None}, teams),
        ):
            if not named <= there:
                raise Invalid(f"The rule {rule.name!r} names a {what} that is not there.")
    if not book.inbox_targets.keys() <= inboxes:
        raise Invalid("There is a target of an inbox that is not there.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says about a ticket: by what it matches, or which condition does not hold."""

    rule: Rule
    because: tuple[Mapping[str, Any], ...] = ()
    missed: str | None = None  # the name of the condition; "off" for a rule that is switched off


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rulebook would decide about a real ticket, and what each of its rules says."""

    ticket: Ticket
    facts: Facts
    routed: Routed
    verdicts: tuple[Verdict, ...]


async def try_on(unit: Unit, book: Rulebook, current: Current, ticket_id: TicketId, access: Access) -> Trial:
    """Ask a rulebook about a ticket as if its last inbound message came in now; nothing is changed."""
    ticket = await unit.tickets.find(ticket_id, access)
    facts = await facts_of(unit, ticket, current)
    router = Router.of(book)
    read = router.read(facts)
    verdicts = tuple(_verdict(rule, facts, read) for rule in book.rules)
    return Trial(ticket, facts, router.route(facts), verdicts)


def _verdict(rule: Rule, facts: Facts, read: Read) -> Verdict:
    lacking = missed(rule.when, facts, read) if rule.active else "off"
    return Verdict(rule, missed=lacking) if lacking else Verdict(rule, because(rule.when, facts, read))


async def routed_again(unit: Unit, ticket: Ticket, current: Current) -> Ticket:
    """Return a ticket as the rules want it now that a person changed what they ask for."""
    if ticket.state is not State.OPEN:
        return ticket
    facts = await facts_of(unit, ticket, current)
    return again(ticket, current.route(facts), facts)


async def facts_of(unit: Unit, ticket: Ticket, current: Current, *, message: Message | None = None) -> Facts:
    """Return the facts of a ticket that is here, by the contact's latest words or by a message as it will be."""
    message = message or await unit.messages.last_inbound(ticket.id)
    contact = await unit.contacts.find(ticket.contact_id) if ticket.contact_id else None
    campaign = current.campaigns.get(ticket.campaign_id) if ticket.campaign_id else None
    return Facts(
        inbox_id=ticket.inbox_id,
        channel=ticket.channel,
        at=message.at if message else ticket.created_at,
        text=wording(_subject_of(ticket, message), message.text if message else ""),
        language=ticket.language,
        campaign_id=ticket.campaign_id,
        client_id=campaign.client_id if campaign else None,
        campaign_team=campaign.team_id if campaign else None,
        roles=frozenset(contact.roles) if contact else frozenset(),
        first=message is not None and message.seq == 1 and ticket.follows is None,
        public=ticket.public,
        sign=CALL if message and message.call else None,
    )


def wording(subject: str | None, text: str) -> str:
    """Return the words that rules look at."""
    return f"{subject}\n{text}" if subject else text


def _subject_of(ticket: Ticket, message: Message | None) -> str | None:
    """Return a message's own subject; the title of a public thread is said by nobody."""
    if message is not None:
        return message.subject
    return None if ticket.public else ticket.subject


def minutes_of(target: timedelta) -> int:
    """Return a target in whole minutes, at least one."""
    return max(int(target.total_seconds()) // 60, 1)
