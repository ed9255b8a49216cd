"""Messages in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from inbox.app.queries import Page
from inbox.channel.model import Told
from inbox.domain.calls import Call
from inbox.domain.ids import AttachmentId, InboxId, MessageId, TicketId
from inbox.domain.message import BY_RULES, Attachment, Delivery, Direction, Kind, Message
from inbox.domain.recipients import Fate, Recipient, Role
from inbox.domain.ticket import Ticket
from inbox.errors import NotFound
from inbox.store.database import Session
from inbox.store.tables import editions, messages, tickets, uploads

_FORGET_OF_VISITORS = "delete from visitor_files where created_at < $1 returning sha256"
_FORGET_OF_MANAGERS = "delete from uploads where message_id is null and created_at < $1 returning sha256"
_NEXT_SCHEDULED = "select min(send_at) from messages where delivery = 'scheduled'"
_UNUSED = """
select sha256 from unnest($1::text[]) as gone (sha256)
where not exists (select from uploads u where u.sha256 = gone.sha256)
  and not exists (select from visitor_files f where f.sha256 = gone.sha256)
"""
_TOLD = """
select m.text, m.direction from unnest($2::text[]) with ordinality as r (id, place)
join messages m on m.inbox_id = $1 and m.external_id = r.id where m.deleted_at is null order by r.place
"""
_NAMES = tuple(field.name for field in fields(Message))
_MOMENTS = ("started_at", "answered_at", "ended_at", "cause_at", "manager_at")


def to_message(row: Mapping[str, Any]) -> Message:
    """Read a message from a row of its table."""
    values = {name: row[name] for name in _NAMES}
    values["kind"] = Kind(row["kind"])
    values["direction"] = Direction(row["direction"])
    values["delivery"] = Delivery(row["delivery"])
    values["call"] = _to_call(row["call"]) if row["call"] else None
    values["attachments"] = tuple(_to_attachment(a) for a in row["attachments"])
    values["recipients"] = tuple(_to_recipient(r) for r in row["recipients"])
    return Message(**values)


def to_row(message: Message) -> dict[str, Any]:
    """Return a message as columns."""
    row = {name: getattr(message, name) for name in _NAMES}
    return row | {
        "kind": message.kind.value,
        "direction": message.direction.value,
        "delivery": message.delivery.value,
        "call": asdict(message.call) if message.call else None,
        "attachments": [asdict(a) for a in message.attachments],
        "recipients": [asdict(r) for r in message.recipients],
    }


def _to_call(value: dict[str, Any]) -> Call:
    moments = {name: datetime.fromisoformat(value[name]) if value.get(name) else None for name in _MOMENTS}
    return Call(**(value | moments))


def _to_attachment(value: dict[str, Any]) -> Attachment:
    return Attachment(**(value | {"id": AttachmentId(UUID(value["id"]))}))


def _to_recipient(value: dict[str, Any]) -> Recipient:
    state = Fate(value["state"]) if value["state"] else None
    return Recipient(**(value | {"role": Role(value["role"]), "state": state}))


def _is_of_the_ticket(ticket_id: TicketId) -> ColumnElement[bool]:
    """Leave out what strangers wrote, and what went on aside: words, names and ids are not the contact's to see."""
    contact = select(tickets.c.contact_id).where(tickets.c.id == ticket_id).scalar_subquery()
    aside = or_(messages.c.meta.has_key("aside"), messages.c.meta.has_key("forwards"))
    # What was split off into a ticket of its writer is theirs there.
    return or_(and_(~messages.c.unverified, ~aside), messages.c.contact_id == contact)


_AROUND = """
select lower(m.meta ->> 'from') as stranger, null as hidden from messages m join tickets t on t.id = m.ticket_id
where m.ticket_id = $1 and m.unverified and m.direction = 'inbound' and m.contact_id is distinct from t.contact_id
union all
(select null, lower(r ->> 'address') from messages m, jsonb_array_elements(m.recipients) r
  where m.ticket_id = $1 and m.direction = 'outbound' and (r ->> 'role' = 'bcc' or m.meta ? 'forwards')
  except select null, lower(r ->> 'address') from messages m, jsonb_array_elements(m.recipients) r
  where m.ticket_id = $1 and m.direction = 'outbound' and r ->> 'role' <> 'bcc' and not m.meta ? 'forwards')
"""


class Messages:
    """The messages of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, message: Message) -> None:
        """Store a new message."""
        await self._session.run(messages.insert().values(**to_row(message)))
        for attachment in message.attachments:
            await self._session.run(
                insert(uploads)
                .values(**asdict(attachment), message_id=message.id, ticket_id=message.ticket_id)
                .on_conflict_do_update(
                    index_elements=[uploads.c.id], set_={"message_id": message.id, "ticket_id": message.ticket_id}
                )
            )

    async def save(self, message: Message) -> None:
        """Store what changed of a message."""
        await self._session.run(update(messages).where(messages.c.id == message.id).values(**to_row(message)))

    async def keep_shown(self, message: Message) -> None:
        """Store how a message is shown by newer rules; what was said stays."""
        by_rules = {name: message.meta.get(name) for name in BY_RULES}
        values = {"html": message.html, "quoted": message.quoted, "meta": messages.c.meta + cast(by_rules, JSONB)}
        is_theirs = messages.c.id == message.id, messages.c.deleted_at.is_(None), messages.c.edition == message.edition
        await self._session.run(update(messages).where(*is_theirs).values(**values))

    async def find(self, ticket_id: TicketId, message_id: MessageId) -> Message:
        """Return a message of a ticket; raise NotFound for any other."""
        found = await self.of_ticket(ticket_id, message_id)
        if found is None:
            raise NotFound("There is no such message.")
        return found

    async def of_ticket(self, ticket_id: TicketId, message_id: MessageId) -> Message | None:
        """Return a message if it is one of this ticket."""
        row = await self._session.row(
            select(messages).where(messages.c.id == message_id, messages.c.ticket_id == ticket_id)
        )
        return to_message(row) if row else None

    async def by_external_id(self, inbox_id: InboxId, external_id: str) -> Message | None:
        """Return the message that the far end knows under this id."""
        row = await self._session.row(
            select(messages).where(messages.c.inbox_id == inbox_id, messages.c.external_id == external_id)
        )
        return to_message(row) if row else None

    async def own(self, inbox_id: InboxId, message_id: MessageId) -> Message | None:
        """Return a message of this inbox by our own id."""
        row = await self._session.row(
            select(messages).where(messages.c.id == message_id, messages.c.inbox_id == inbox_id)
        )
        return to_message(row) if row else None

    async def page(self, ticket_id: TicketId, *, before: int | None, limit: int) -> Page[Message]:
        """Return the newest messages before a place, in ascending order; the next page goes back in time."""
        older = messages.c.seq < before if before is not None else messages.c.seq > 0
        statement = (
            select(messages)
            .where(and_(messages.c.ticket_id == ticket_id, older))
            .order_by(messages.c.seq.desc())
            .limit(limit + 1)
        )
        found = [to_message(row) for row in await self._session.rows(statement)]
        items = tuple(reversed(found[:limit]))
        return Page(items, (str(items[0].seq),) if len(found) > limit else None)

    async def since(self, ticket_id: TicketId, seq: int) -> list[Message]:
        """Return the messages of a ticket after a place, in order."""
        statement = (
            select(messages).where(messages.c.ticket_id == ticket_id, messages.c.seq > seq).order_by(messages.c.seq)
        )
        return [to_message(row) for row in await self._session.rows(statement)]

    async def scheduled(self, *, now: datetime, limit: int) -> list[tuple[TicketId, MessageId]]:
        """Return what is due to leave, the longest due first, each with its ticket."""
        statement = (
            select(messages.c.ticket_id, messages.c.id)
            .where(messages.c.delivery == Delivery.SCHEDULED.value, messages.c.send_at <= now)
            .order_by(messages.c.send_at)
            .limit(limit)
        )
        return [(TicketId(row["ticket_id"]), MessageId(row["id"])) for row in await self._session.rows(statement)]

    async def next_scheduled(self) -> datetime | None:
        """Return when the next scheduled message is due."""
        found: datetime | None = await self._session.driver.fetchval(_NEXT_SCHEDULED)
        return found

    async def last_inbound(self, ticket_id: TicketId) -> Message | None:
        """Return the latest word of the contact."""
        return await self._last(messages.c.ticket_id == ticket_id, messages.c.direction == Direction.INBOUND.value)

    async def last_heard_in(self, inbox_id: InboxId, ticket_id: TicketId) -> Message | None:
        """Return the latest word of the contact that came through an inbox; never one of a stranger."""
        return await self._last(
            messages.c.ticket_id == ticket_id,
            messages.c.inbox_id == inbox_id,
            messages.c.direction == Direction.INBOUND.value,
            _is_of_the_ticket(ticket_id),
        )

    async def last_elsewhere(self, ticket: Ticket) -> Message | None:
        """Return the latest message of ours that left through another inbox than the ticket's own."""
        return await self._last(
            messages.c.ticket_id == ticket.id,
            messages.c.inbox_id != ticket.inbox_id,
            messages.c.direction == Direction.OUTBOUND.value,
        )

    async def _last(self, *conditions: ColumnElement[bool]) -> Message | None:
        row = await self._session.row(select(messages).where(*conditions).order_by(messages.c.seq.desc()).limit(1))
        return to_message(row) if row else None

    async def told(self, inbox_id: InboxId, external_ids: Sequence[str]) -> list[Told]:
        """Return the words of the messages that the far end knows by these ids, in the order of the ids."""
        rows = await self._session.driver.fetch(_TOLD, inbox_id, list(external_ids))
        return [Told(row["text"], row["direction"] == Direction.OUTBOUND.value) for row in rows]

    async def external_ids(self, ticket_id: TicketId) -> tuple[str, ...]:
        """Return what the far end calls the messages of a ticket, oldest first; a stranger's are nobody's business."""
        statement = (
            select(messages.c.external_id)
            .where(messages.c.ticket_id == ticket_id, messages.c.external_id.is_not(None), _is_of_the_ticket(ticket_id))
            .order_by(messages.c.seq)
        )
        return tuple(row["external_id"] for row in await self._session.rows(statement))

    async def around(self, ticket_id: TicketId) -> tuple[frozenset[str], frozenset[str]]:
        """Return the addresses of strangers in a ticket, and of those whom the contact does not know to be in it."""
        rows = await self._session.driver.fetch(_AROUND, ticket_id)
        strangers, hidden = ({row[name] for row in rows if row[name]} for name in ("stranger", "hidden"))
        return frozenset(strangers), frozenset(hidden)

    async def keep_edition(self, message: Message, *, edition: int, text: str, at: datetime) -> None:
        """Keep a text that is not, or no longer, the one shown."""
        row = {"message_id": message.id, "edition": edition, "text": text, "at": at}
        await self._session.run(insert(editions).values(**row).on_conflict_do_nothing())

    async def add_upload(self, attachment: Attachment, manager_id: UUID | None) -> None:
        """Remember a file that waits for its message."""
        await self._session.run(uploads.insert().values(**asdict(attachment), manager_id=manager_id))

    async def take_uploads(self, ids: list[UUID], manager_id: UUID | None) -> tuple[Attachment, ...]:
        """Return the caller's own uploads that wait for a message; raise NotFound if one is not there."""
        statement = select(uploads).where(
            uploads.c.id.in_(ids), uploads.c.manager_id == manager_id, uploads.c.message_id.is_(None)
        )
        rows = await self._session.rows(statement)
        if len(rows) != len(set(ids)):
            raise NotFound("There is no such upload.")
        return tuple(attachment_of(row) for row in rows)

    async def give_back_uploads(self, message: Message, manager_id: UUID, *, now: datetime) -> None:
        """Give a manager the files of a message that is not sent, as if they had just been uploaded."""
        waiting = {"message_id": None, "ticket_id": None, "manager_id": manager_id, "created_at": now}
        await self._session.run(update(uploads).where(uploads.c.message_id == message.id).values(**waiting))

    async def find_file(self, attachment_id: AttachmentId) -> tuple[Attachment, TicketId | None, UUID | None]:
        """Return an attachment, the ticket that it belongs to, and who uploaded it."""
        row = await self._session.row(select(uploads).where(uploads.c.id == attachment_id))
        if row is None:
            raise NotFound("There is no such attachment.")
        return attachment_of(row), row["ticket_id"], row["manager_id"]

    async def forget_uploads(self, *, of_visitors: datetime, of_managers: datetime) -> list[str]:
        """Forget what was uploaded before these times and never sent; return the hashes that nobody uses now."""
        gone = [
            *(await self._session.driver.fetch(_FORGET_OF_VISITORS, of_visitors)),
            *(await self._session.driver.fetch(_FORGET_OF_MANAGERS, of_managers)),
        ]
        hashes = sorted({row["sha256"] for row in gone})
        return [row["sha256"] for row in await self._session.driver.fetch(_UNUSED, hashes)]


def attachment_of(row: Mapping[str, Any]) -> Attachment:
    """Read an attachment from a row of the uploads."""
    values = {field.name: row[field.name] for field in fields(Attachment)}
    # The driver's own UUIDs are no plain ones, and JSON columns take only those.
    return Attachment(**(values | {"id": AttachmentId(UUID(bytes=row["id"].bytes))}))
