"""What the managers of the story do: answer, call back, leave a note, put something off. By the use cases."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import structlog

from inbox.app.assign import claim
from inbox.app.change import Wish, change
from inbox.app.ports import Unit
from inbox.app.presence import set_availability
from inbox.app.queries import TicketQuery, View
from inbox.app.reply import Desk, Draft, log_call, note, reply
from inbox.demo import stage
from inbox.demo.backstage import Backstage
from inbox.demo.cast import LANGUAGES
from inbox.demo.phrases import common
from inbox.domain.calls import Call
from inbox.domain.contact import IdentityKind
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.manager import EVERYTHING, Availability, Manager
from inbox.domain.message import Message
from inbox.domain.ticket import State, Ticket
from inbox.errors import InboxError

log = structlog.get_logger()

_ENOUGH = 45  # tickets in the queue

_TAGS = ("versand", "zahlung", "rückfrage beim auftraggeber", "presse", "dank")


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Managers who need no screen."""

    backstage: Backstage
    people: Mapping[str, Manager]
    random: Random

    async def take(self, ticket_id: TicketId, *, now: datetime) -> None:
        """Let somebody who speaks the contact's language claim a ticket, unless it has somebody."""
        async with self.backstage.units() as unit:
            ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
            if ticket.state is State.OPEN and ticket.assignee_id is None:
                speaker = self._speaker(await _language(unit, ticket))
                await claim(unit, ticket_id, speaker.id, EVERYTHING, now=now)

    async def answer(self, ticket_id: TicketId, *, now: datetime, solve: bool) -> bool:
        """Answer whoever spoke last, or call them back; tell whether there was something to answer."""
        await self.take(ticket_id, now=now)
        async with self.backstage.units() as unit:
            ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
            asked = await unit.messages.last_inbound(ticket_id)
            speaker = next((each for each in self.people.values() if each.id == ticket.assignee_id), None)
            if ticket.state is not State.OPEN or speaker is None or asked is None:
                return False  # nothing to say, or it is the newcomer's
            desk = Desk(speaker, EVERYTHING, self.backstage.blobs)
            text = await self._text(unit, ticket, asked, desk.manager)
            if ticket.channel == "telephony":
                return await self._call_back(unit, desk, ticket, text, now=now)
            opened = await self.backstage.inboxes.get(ticket.inbox_id)
            parent = asked.id if ticket.public else None
            draft = Draft(text, last_seen=ticket.last_seq, solve=solve, parent_id=parent)
            await reply(unit, desk, ticket_id, draft, opened, now=now)
        return True

    async def note(self, ticket_id: TicketId, *, now: datetime) -> None:
        """Leave an internal note."""
        async with self.backstage.units() as unit:
            ticket = await unit.tickets.find(ticket_id, EVERYTHING)
            language = await _language(unit, ticket)
            desk = Desk(self._speaker(language), EVERYTHING, self.backstage.blobs)
            text = self.random.choice(common()["answer"]["note"][language])
            await note(unit, desk, ticket_id, Draft(text, last_seen=ticket.last_seq), now=now)

    async def snooze(self, ticket_id: TicketId, *, now: datetime, until: datetime) -> None:
        """Put an open ticket off."""
        await self._change(ticket_id, State.SNOOZED, now=now, until=until)

    async def solve(self, ticket_id: TicketId, *, now: datetime) -> None:
        """Close what a thank-you opened again."""
        await self._change(ticket_id, State.SOLVED, now=now)

    async def mark(self, ticket_id: TicketId, *, now: datetime) -> None:
        """Tag a ticket, and now and then raise its priority."""
        async with self.backstage.units() as unit:
            ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
            fields = {"tags": (self.random.choice(_TAGS),), "priority": self.random.choice((0, 1, 1, 1, 2, 3))}
            await change(unit, ticket_id, Wish(ticket.version, fields=fields), EVERYTHING, live=False, now=now)

    async def _change(self, ticket_id: TicketId, to: State, *, now: datetime, until: datetime | None = None) -> None:
        async with self.backstage.units() as unit:
            ticket = await unit.tickets.hold(ticket_id, EVERYTHING)
            if ticket.state is not State.OPEN:
                return
            live = (await self.backstage.inboxes.get(ticket.inbox_id)).capabilities.live
            wish = Wish(ticket.version, state=to, snoozed_until=until)
            await change(unit, ticket_id, wish, EVERYTHING, live=live, now=now)

    async def _call_back(self, unit: Unit, desk: Desk, ticket: Ticket, text: str, *, now: datetime) -> bool:
        numbers = await unit.contacts.addresses(ticket.contact_id, IdentityKind.PHONE) if ticket.contact_id else ()
        talked = timedelta(seconds=self.random.randint(60, 400))
        call = Call(
            inbound=False,
            callee=numbers[0] if numbers else None,
            started_at=now - talked,
            answered_at=now - talked,
            ended_at=now,
            duration=int(talked.total_seconds()),
            manager=desk.manager.name,
        )
        await log_call(unit, desk, ticket.id, call, text, now=now)
        return True

    async def _text(self, unit: Unit, ticket: Ticket, asked: Message, manager: Manager) -> str:
        words = common()["answer"][ticket.channel][await _language(unit, ticket, asked)]
        name = asked.author_name or ticket.contact_name or ""
        return str(self.random.choice(words)).format(name=name, manager=manager.name)

    def _speaker(self, language: str) -> Manager:
        return self.random.choice([person for person in self.people.values() if language in person.languages])


async def help_out(backstage: Backstage, random: Random) -> None:
    """Keep the queue at a size that can be looked over, for ever; a newcomer's own tickets and visitors are theirs."""
    async with backstage.units() as unit:
        people = await stage.colleagues(unit)
        for person in people.values():
            await set_availability(unit, person, Availability.BUSY, now=backstage.clock())
    team = Colleagues(backstage, people, random)
    while True:
        await asyncio.sleep(random.uniform(6, 14))
        async with backstage.units() as unit:
            await unit.managers.seen([person.id for person in people.values()], now=backstage.clock())
        ticket = await _pressing(backstage, {person.id for person in people.values()})
        if ticket is None:
            continue
        try:
            await team.answer(ticket.id, now=backstage.clock(), solve=random.random() < 0.6)
        except InboxError as error:
            log.info("demo.unanswered", reason=str(error))  # somebody was quicker


async def _pressing(backstage: Backstage, colleagues: Collection[ManagerId]) -> Ticket | None:
    """Return the ticket of the crowd that waits longest, once there are more than enough."""
    query = TicketQuery(access=EVERYTHING, view=View.QUEUE, limit=100)
    async with backstage.units.reading() as unit:
        waiting = (await unit.tickets.page(query)).items
    if len(waiting) <= _ENOUGH:
        return None
    return next((ticket for ticket in waiting if _is_of_the_crowd(ticket, colleagues)), None)


def _is_of_the_crowd(ticket: Ticket, colleagues: Collection[ManagerId]) -> bool:
    is_free = ticket.assignee_id is None or ticket.assignee_id in colleagues
    may_be_the_newcomer = ticket.channel == "chat" and not ticket.contact_verified
    return is_free and not may_be_the_newcomer


async def _language(unit: Unit, ticket: Ticket, asked: Message | None = None) -> str:
    """Return the language to answer in, of those that the story is told in."""
    contact_id = (asked.contact_id if asked else None) or ticket.contact_id
    contact = await unit.contacts.find(contact_id) if contact_id else None
    found = (contact.language if contact else None) or ticket.language or "de"
    return found if found in LANGUAGES else "en"
