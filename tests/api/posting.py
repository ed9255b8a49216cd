"""A mail inbox, who writes to it, and what we answer, through the whole service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

from inbox.app.continuing import Continuing
from inbox.app.intake import take_message, understood_here
from inbox.app.reply import Desk, Draft, reply
from inbox.app.timers import fire_due
from inbox.channel.model import Original
from inbox.domain.clocks import ClockKind
from inbox.domain.ids import TicketId
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Message
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import utc_now
from tests.api.chatting import ChatService

US = "help@crowd.example"
JUDGE = "mx.crowd.example"
MAIL = {
    "address": "help@crowd.example",
    "display_name": "Funkenwerk",
    "imap_host": "mail.crowd.example",
    "imap_user": "help",
    "imap_password": "secret",
    "smtp_host": "mail.crowd.example",
    "smtp_user": "help",
    "smtp_password": "secret",
}


@dataclass(slots=True)
class Post:
    """A mail inbox, a chat that continues in it, and who writes to them."""

    service: ChatService
    mail: Inbox
    chat: Inbox
    ids: count[int]

    async def arrives(self, raw: EmailMessage) -> Message:
        opened = await self.service.services.inboxes.get(self.mail.id)
        octets = raw.as_bytes(policy=policy.SMTP)
        original = Original(str(next(self.ids)), octets, "message/rfc822", utc_now())
        (received,) = understood_here(opened.connection, original)
        taken = await take_message(self.service.services.door, opened, received)
        assert taken.message is not None
        return taken.message

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        async with self.service.services.units.reading() as unit:
            return await unit.tickets.find(ticket_id, EVERYTHING)

    async def answers(self, ticket_id: TicketId, text: str, *, solve: bool = False) -> Message:
        opened = await self.service.services.inboxes.get((await self.ticket(ticket_id)).inbox_id)
        desk = Desk(self.service.tom, EVERYTHING, self.service.services.blobs)
        draft = Draft(text, last_seen=0, send_anyway=True, solve=solve)
        async with self.service.services.units() as unit:
            _, message = await reply(unit, desk, ticket_id, draft, opened, now=utc_now())
        return message

    async def ring(self) -> None:
        services = self.service.services
        rings = {ClockKind.CONTINUE: Continuing(services.inboxes, services.blobs)}
        await fire_due(services.units, now=utc_now() + timedelta(minutes=10), rings=rings)

    async def mailed(self, ticket_id: TicketId) -> EmailMessage:
        """Return the last mail that left for a ticket."""
        query = (
            "select o.frozen from outbox o join messages m on m.id = o.message_id where m.ticket_id = $1 order by seq"
        )
        async with self.service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own
            rows = await session.driver.fetch(query, ticket_id)
        found = message_from_bytes(rows[-1]["frozen"], policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    async def in_chat(self, ticket_id: TicketId, message: Message) -> bool:
        """Tell whether a visitor sees a message."""
        async with self.service.services.units.reading() as unit:
            return message.id in {e.message_id for e in await unit.visitors.log_since(ticket_id, 0, limit=50)}


def written(sender: str | None, text: str, *, n: int, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    fields = {"To": US, "Subject": "Lampe", "Message-ID": f"<mail-{n}@people.example>"} | fields
    for name, value in {"From": sender, **fields}.items():
        if value is not None:
            mail[name.replace("_", "-")] = value
    mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    mail.set_content(text)
    return mail


async def begun(post: Post, contact: str, n: int) -> tuple[Ticket, str, str]:
    """Return a ticket that was asked, answered and solved; the contact's id, and ours."""
    first = await post.arrives(written(f"Greta <{contact}>", "Wann kommt meine Lampe?", n=n))
    answer = await post.answers(first.ticket_id, "Im Mai.", solve=True)
    assert first.external_id is not None
    assert answer.external_id is not None
    return await post.ticket(first.ticket_id), first.external_id, answer.external_id


def to(mail: EmailMessage) -> str:
    """Return the one address that a mail goes to, whatever name stands beside it."""
    (address,) = mail["To"].addresses
    return str(address.addr_spec)
