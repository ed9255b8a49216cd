"""Tells the days before: all that was said until now, and what the managers did about it, each at its own time.

It comes in by the same use cases as everything else, by a door whose clock is set back; so a second telling of the same
story changes nothing that is here.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from inbox.app.contacts import put_contact
from inbox.app.intake import take_message, understood_here
from inbox.app.opened import Opened
from inbox.app.ports import Unit
from inbox.app.receive import Outcome, Taken
from inbox.channel.contract import Pushes
from inbox.channel.model import CampaignRef, Original, Received, Sender, WebhookCall
from inbox.demo import stage
from inbox.demo.backstage import Backstage
from inbox.demo.cast import PLATFORM, Person, crowd
from inbox.demo.colleagues import Colleagues
from inbox.demo.envelopes import call_event, comment_event, mail_bytes, page_of
from inbox.demo.far_ends import HOST
from inbox.demo.memory import Memory
from inbox.demo.phrases import common
from inbox.demo.scenario import CallFact, ChatLine, Comment, Mail, Said, told
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import InboxId, TicketId
from inbox.domain.ticket import State
from inbox.testing.fakes import FixedClock
from inbox.testing.hooks import signed_call

DAYS = timedelta(days=3)
_GAP = timedelta(minutes=20)
_MINUTE = timedelta(minutes=1)
# How likely something this old was dealt with, and after how many minutes, by channel.
_DEALT_WITH = ((30 * 60, 0.93), (12 * 60, 0.5), (4 * 60, 0.25), (60, 0.15), (0, 0.1))
_REACTION = {"chat": (1, 12), "telephony": (10, 120), "email": (30, 600), "comments": (20, 400)}

Deed = Callable[[datetime], Awaitable[object]]


async def fill(backstage: Backstage, memory: Memory, *, past: timedelta = DAYS) -> None:
    """Tell the days before the demo began."""
    start = memory.began - past
    random = Random(f"past {memory.seed}")  # noqa: S311 - a story, not a secret
    clock = FixedClock(start)
    async with backstage.units() as unit:
        for person in crowd(memory.seed):
            await _introduce(unit, person, now=clock())
        people = await stage.colleagues(unit)
    then = replace(backstage, door=replace(backstage.door, clock=clock))
    await _Past(then, memory, clock, random, Colleagues(then, people, random)).tell(start)


async def _introduce(unit: Unit, person: Person, *, now: datetime) -> None:
    """Make a member of the platform known, as a platform does that upserts its members."""
    claims = [Claim(IdentityKind.PLATFORM_USER, person.user_id, PLATFORM), Claim(IdentityKind.EMAIL, person.email)]
    if person.phone:
        claims.append(Claim(IdentityKind.PHONE, person.phone))
    await put_contact(unit, claims, name=person.name, language=person.language, now=now)


@dataclass(slots=True)
class _Past:
    """The story until now, and what is still to be done in it."""

    backstage: Backstage
    memory: Memory
    clock: FixedClock
    random: Random
    colleagues: Colleagues
    due: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    planned: set[TicketId] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)  # how many each chat has

    async def tell(self, start: datetime) -> None:
        """Take in everything said before the demo began, and do what was done about it meanwhile."""
        until = self.memory.began
        for said in told(self.memory.seed, start=start, gap=_GAP):
            await self._do_until(min(said.at, until))
            if said.at >= until:
                return
            await self._hear(said)

    async def _do_until(self, moment: datetime) -> None:
        while self.due and self.due[0][0] <= moment:
            at, _, deed = heapq.heappop(self.due)
            await deed(at)

    def _later(self, at: datetime, deed: Deed) -> None:
        heapq.heappush(self.due, (at, next(self.order), deed))

    async def _hear(self, said: Said) -> None:
        self.clock.now = said.at
        taken = await self._taken(said)
        if taken.outcome is Outcome.STORED and taken.ticket is not None and taken.ticket.state is State.OPEN:
            self._plan(said, taken.ticket.id, taken.ticket.channel)

    def _plan(self, said: Said, ticket_id: TicketId, channel: str) -> None:
        """Decide what becomes of it, once for each matter."""
        if ticket_id in self.planned:
            return
        age = (self.memory.began - said.at) / _MINUTE
        chance = next(chance for minutes, chance in _DEALT_WITH if age >= minutes)
        if channel == "comments":
            chance *= 0.6  # much of it needs no answer
        shortest, longest = _REACTION[channel]
        at = said.at + self.random.uniform(shortest, min(longest, max(age, shortest))) * _MINUTE
        if channel != "comments" and self.random.random() < 0.12:
            self._later(said.at + _MINUTE, lambda at: self.colleagues.mark(ticket_id, now=at))
        if self.random.random() < chance:
            self.planned.add(ticket_id)
            self._later(at, lambda at: self._deal_with(said, ticket_id, at))
        elif channel != "telephony" and self.random.random() < 0.2:
            self._later(said.at + 3 * _MINUTE, lambda at: self.colleagues.take(ticket_id, now=at))

    async def _deal_with(self, said: Said, ticket_id: TicketId, at: datetime) -> None:
        self.planned.discard(ticket_id)
        if self.random.random() < 0.1:
            await self.colleagues.note(ticket_id, now=at)
        if self.random.random() < 0.05:
            hours = self.random.randint(3, 40)
            await self.colleagues.snooze(ticket_id, now=at, until=self.memory.began + timedelta(hours=hours))
            return
        answered = await self.colleagues.answer(ticket_id, now=at, solve=self.random.random() < 0.55)
        if answered and isinstance(said, ChatLine) and self.random.random() < 0.5:
            self._later(at + 2 * _MINUTE, lambda at: self._thank(said, ticket_id, at))

    async def _thank(self, line: ChatLine, ticket_id: TicketId, at: datetime) -> None:
        text = self.random.choice(common()["back"]["thanks"][line.language])
        self.clock.now = at
        await self._taken(replace(line, at=at, text=text))
        self._later(at + 3 * _MINUTE, lambda at: self.colleagues.solve(ticket_id, now=at))

    async def _taken(self, said: Said) -> Taken:
        opened = await self.backstage.inboxes.get(stage.inbox_of(said, self.memory.inboxes))
        door = self.backstage.door
        if isinstance(said, ChatLine):
            return await take_message(door, opened, self._chat_line(said, opened))
        original = self._original(said, opened)
        (received,) = understood_here(opened.connection, original)
        return await take_message(door, opened, received, original=original)

    def _original(self, said: Comment | CallFact | Mail, opened: Opened) -> Original:
        if isinstance(said, Mail):
            return Original(said.message_id, mail_bytes(said), "message/rfc822", said.at)
        if not isinstance(opened.connection, Pushes):
            raise TypeError(f"{opened.inbox.name} takes no webhooks")
        return opened.connection.verify(self._webhook(said))

    def _webhook(self, said: Comment | CallFact) -> WebhookCall:
        if isinstance(said, CallFact):
            name = f"{said.call_id}.{said.event}"
            return signed_call(call_event(said), self.memory.secret, at=said.at, message_id=name)
        event = comment_event(said, reply_url=reply_url(self.memory.ports.replies, said.id))
        return signed_call(event, self.memory.secret, at=said.at, message_id=f"{said.id}.{said.version}")

    def _chat_line(self, line: ChatLine, opened: Opened) -> Received:
        number = self.lines[line.session] = self.lines.get(line.session, 0) + 1
        return Received(
            external_id=f"{line.session}:{number}",
            sender=_visitor(line, opened.inbox.id),
            at=line.at,
            text=line.text,
            campaign=CampaignRef(line.campaign.key),
            language=line.language,
            meta={"permalink": page_of(line.campaign)},
        )


def reply_url(port: int, comment_id: str) -> str:
    """Return where the platform takes an answer to a comment."""
    return f"http://{HOST}:{port}/comments/{comment_id}/replies"


def _visitor(line: ChatLine, inbox_id: InboxId) -> Sender:
    """Return a member as their signed token names them, or somebody of whom only the browser is known."""
    if line.author is None:
        return Sender((Claim(IdentityKind.VISITOR, f"{inbox_id}:{line.session}"),), language=line.language)
    member = Claim(IdentityKind.PLATFORM_USER, line.author.user_id, PLATFORM)
    return Sender((member, Claim(IdentityKind.EMAIL, line.author.email)), line.author.name, line.language)
