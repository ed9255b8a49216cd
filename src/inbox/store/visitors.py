"""Chat visitors and what each may see of their ticket, in its own dense order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update

from inbox.app.ports import LastVisit, PublicEntry, Visitor
from inbox.domain.ids import AttachmentId, ContactId, InboxId, MessageId, TicketId, VisitorId
from inbox.domain.message import Attachment, Delivery, Direction, Message
from inbox.domain.ticket import Ticket
from inbox.store.database import Session
from inbox.store.messages import attachment_of, to_message
from inbox.store.tables import messages, tickets, uploads
from inbox.store.tickets import to_ticket
from inbox.store.visitor_tables import public_log, team_reads, visitor_files, visitors

_VISITOR = tuple(field.name for field in fields(Visitor))
_TEAM_READ = """
insert into team_reads (ticket_id, seq, at)
select $1, max(l.seq), $3 from public_log l join messages m on m.id = l.message_id
where l.ticket_id = $1 and m.seq <= $2 having max(l.seq) is not null
on conflict (ticket_id) do update set seq = excluded.seq, at = excluded.at where team_reads.seq < excluded.seq
returning seq
"""
_MARK_MAILED = """
update public_log set entry = (entry::jsonb || '{"mailed": true}')::json
where ticket_id = $1 and message_id = any($2) returning seq
"""


class Visitors:
    """The visitors of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, visitor: Visitor, *, token_hash: bytes, now: datetime) -> None:
        """Store a new visitor under the hash of the token that only their browser knows."""
        await self._session.run(
            visitors.insert().values(**asdict(visitor), token_hash=token_hash, created_at=now, seen_at=now)
        )

    async def by_token(self, inbox_id: InboxId, token_hash: bytes) -> Visitor | None:
        """Return the visitor of this inbox who holds the token."""
        row = await self._session.row(
            select(visitors).where(visitors.c.inbox_id == inbox_id, visitors.c.token_hash == token_hash)
        )
        return Visitor(**{name: row[name] for name in _VISITOR}) if row else None

    async def belongs_to(self, visitor_id: VisitorId, contact_id: ContactId, *, now: datetime) -> None:
        """Remember whose visit it is."""
        statement = update(visitors).where(visitors.c.id == visitor_id).values(contact_id=contact_id, seen_at=now)
        await self._session.run(statement)

    async def seen(self, visitor_ids: Sequence[VisitorId], *, now: datetime) -> None:
        """Note that these are here; of those who said nothing yet nobody asks."""
        statement = update(visitors).where(visitors.c.id.in_(visitor_ids), visitors.c.contact_id.is_not(None))
        await self._session.run(statement.values(seen_at=now))

    async def reached_at(self, visitor_id: VisitorId, address: str | None, *, now: datetime) -> None:
        """Note that a visitor is here, and where they want to be written to if they say so now."""
        values = {"seen_at": now} | ({"address": address} if address else {})
        await self._session.run(update(visitors).where(visitors.c.id == visitor_id).values(**values))

    async def last_visit(self, inbox_id: InboxId, contact_id: ContactId) -> LastVisit | None:
        """Return when a contact was last here, and the address that they gave last."""
        statement = select(visitors.c.seen_at, visitors.c.address).where(
            visitors.c.inbox_id == inbox_id, visitors.c.contact_id == contact_id
        )
        rows = await self._session.rows(statement.order_by(visitors.c.seen_at.desc()))
        if not rows:
            return None
        return LastVisit(rows[0]["seen_at"], next((row["address"] for row in rows if row["address"]), None))

    async def ticket_of(self, visitor: Visitor) -> Ticket | None:
        """Return the visitor's latest ticket."""
        if visitor.contact_id is None:
            return None
        statement = (
            select(tickets)
            .where(tickets.c.inbox_id == visitor.inbox_id, tickets.c.contact_id == visitor.contact_id)
            .order_by(tickets.c.created_at.desc())
            .limit(1)
        )
        row = await self._session.row(statement)
        return to_ticket(row) if row else None

    async def log(self, entry: PublicEntry) -> None:
        """Append to what a visitor may see."""
        await self._session.run(public_log.insert().values(**asdict(entry)))

    async def log_since(self, ticket_id: TicketId, seq: int, *, limit: int) -> list[PublicEntry]:
        """Return the entries after a place, in order."""
        statement = (
            select(public_log)
            .where(public_log.c.ticket_id == ticket_id, public_log.c.seq > seq)
            .order_by(public_log.c.seq)
            .limit(limit)
        )
        return [_to_entry(row) for row in await self._session.rows(statement)]

    async def log_before(self, ticket_id: TicketId, seq: int, *, limit: int) -> list[PublicEntry]:
        """Return the entries before a place, in order."""
        statement = (
            select(public_log)
            .where(public_log.c.ticket_id == ticket_id, public_log.c.seq < seq)
            .order_by(public_log.c.seq.desc())
            .limit(limit)
        )
        return [_to_entry(row) for row in reversed(await self._session.rows(statement))]

    async def place_of(self, message_id: MessageId) -> int | None:
        """Return where a message stands in what its visitor may see."""
        statement = select(public_log.c.seq).where(public_log.c.message_id == message_id).order_by(public_log.c.seq)
        found = await self._session.value(statement.limit(1))
        return int(found) if found is not None else None

    async def unread(self, ticket_id: TicketId, seq: int) -> list[Message]:
        """Return our messages up to a place that the visitor has not been seen reading."""
        statement = (
            select(messages)
            .join(public_log, public_log.c.message_id == messages.c.id)
            .where(
                public_log.c.ticket_id == ticket_id,
                public_log.c.seq <= seq,
                messages.c.direction == Direction.OUTBOUND.value,
                messages.c.delivery == Delivery.SENT.value,
            )
            .order_by(messages.c.seq)
        )
        return [to_message(row) for row in await self._session.rows(statement)]

    async def team_read(self, ticket_id: TicketId, up_to: int, *, now: datetime) -> int | None:
        """Note that the team has seen a ticket's messages up to a place; return the visitor's place, if it is new."""
        found = await self._session.driver.fetchval(_TEAM_READ, ticket_id, up_to, now)
        return int(found) if found is not None else None

    async def read_by_team(self, ticket_id: TicketId) -> int:
        """Return up to which place of what a visitor sees the team has read."""
        found = await self._session.value(select(team_reads.c.seq).where(team_reads.c.ticket_id == ticket_id))
        return int(found or 0)

    async def mark_mailed(self, ticket_id: TicketId, message_ids: Sequence[MessageId]) -> list[int]:
        """Show messages as mailed too; return their places."""
        rows = await self._session.driver.fetch(_MARK_MAILED, ticket_id, list(message_ids))
        return sorted(row["seq"] for row in rows)

    async def add_file(self, visitor_id: VisitorId, file: Attachment, *, now: datetime) -> None:
        """Remember a file that waits for its message."""
        row = {name: getattr(file, name) for name in ("id", "name", "mime", "size", "sha256")}
        await self._session.run(visitor_files.insert().values(**row, visitor_id=visitor_id, created_at=now))

    async def files(self, visitor_id: VisitorId, ids: Sequence[UUID], *, since: datetime) -> tuple[Attachment, ...]:
        """Return those of a visitor's files that wait for their message, in the order of `ids`."""
        statement = select(visitor_files).where(
            visitor_files.c.id.in_(ids),
            visitor_files.c.visitor_id == visitor_id,
            visitor_files.c.created_at > since,
            ~exists().where(uploads.c.id == visitor_files.c.id),
        )
        found = {str(row["id"]): _to_file(row) for row in await self._session.rows(statement)}
        return tuple(found[str(each)] for each in ids if str(each) in found)

    async def uploaded(self, visitor_id: VisitorId, *, since: datetime) -> tuple[int, int]:
        """Return how many files a visitor has uploaded, and of how many bytes."""
        total = func.coalesce(func.sum(visitor_files.c.size), 0)
        row = await self._session.row(
            select(func.count().label("count"), total.label("size")).where(
                visitor_files.c.visitor_id == visitor_id, visitor_files.c.created_at > since
            )
        )
        return (int(row["count"]), int(row["size"])) if row else (0, 0)

    async def file_of(
        self, inbox_id: InboxId, visitor_id: VisitorId, attachment_id: AttachmentId
    ) -> tuple[Attachment, bytes] | None:
        """Return a file that stands in what this visitor may see, with the hash of their session's token."""
        statement = (
            select(uploads, visitors.c.token_hash)
            .join(public_log, public_log.c.message_id == uploads.c.message_id)
            .join(tickets, tickets.c.id == public_log.c.ticket_id)
            .join(visitors, visitors.c.contact_id == tickets.c.contact_id)
            .where(
                uploads.c.id == attachment_id,
                visitors.c.id == visitor_id,
                visitors.c.inbox_id == inbox_id,
                tickets.c.inbox_id == inbox_id,
            )
            .limit(1)
        )
        row = await self._session.row(statement)
        return (attachment_of(row), row["token_hash"]) if row else None


def _to_file(row: Mapping[str, Any]) -> Attachment:
    return Attachment(
        id=AttachmentId(UUID(bytes=row["id"].bytes)),  # a plain one, for JSON
        name=row["name"],
        mime=row["mime"],
        size=row["size"],
        sha256=row["sha256"],
    )


def _to_entry(row: Mapping[str, Any]) -> PublicEntry:
    return PublicEntry(
        ticket_id=row["ticket_id"], seq=row["seq"], message_id=row["message_id"], entry=row["entry"], at=row["at"]
    )
