"""The hot path of everything that comes in: one statement looks, one writes, on the driver's own connection.

Ten Core statements cost five times the CPU of these two; see `benchmarks ingest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from inbox.app.ports import Known, Placed
from inbox.channel.model import Original, Received
from inbox.domain.contact import Contact, naming
from inbox.domain.events import NewEvent
from inbox.domain.ids import InboxId, new_id
from inbox.domain.threading import Candidate, Evidence, Threading
from inbox.domain.ticket import Ticket
from inbox.errors import StaleVersion
from inbox.store.campaigns import to_campaign
from inbox.store.contacts import claim_row
from inbox.store.database import Session
from inbox.store.messages import to_message
from inbox.store.messages import to_row as message_row
from inbox.store.originals import digest
from inbox.store.tickets import new_row, to_ticket
from inbox.store.tickets import to_row as ticket_row

_COMMON = """
with claims as (
  select kind, scope, value, place from unnest($3::text[], $4::text[], $5::text[]) with ordinality
    as claim (kind, scope, value, place)
), person as (
  select c.id, c.name, c.language, c.created_at
  from claims join identities i using (kind, scope, value) join contacts c on c.id = i.contact_id
  where i.verified order by place limit 1
)
select
  (select m from messages m where m.inbox_id = $1 and m.external_id = $2) as message,
  (select p from person p) as person,
  (select c from campaigns c where c.key = $6) as campaign,
  exists (select from originals o where o.inbox_id = $1 and o.key = $7) as repeated,
"""
_THREAD_TICKET = "(select t from tickets t where t.inbox_id = $1 and t.thread = $8 and t.public) as ticket"
_PERSONS_TICKET = """
  (select t from tickets t where t.inbox_id = $1 and t.contact_id = (select id from person) and $8::text is null
   order by t.created_at desc limit 1) as ticket
"""
_BY_THREAD = _COMMON + _THREAD_TICKET
_BY_CONTACT = _COMMON + _PERSONS_TICKET
_REFERENCED = """
select t as ticket, t.id = $3 as proved,
  (select array_agg(distinct p.contact_id) from messages p where p.ticket_id = t.id and not p.unverified
     and p.contact_id is not null) as participants
from tickets t
where t.inbox_id = $1
  and (t.id = $3 or t.id in (select m.ticket_id from messages m where m.inbox_id = $1 and m.external_id = any($2)))
limit 20
"""
INSERT_EVENTS = """
insert into events (epoch, type, subject, inbox_id, campaign_id, data)
select $1, * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::json[])
"""


def event_columns(events: Sequence[NewEvent], epoch: int) -> tuple[Any, ...]:
    """Return events as the columns of INSERT_EVENTS."""
    return (
        epoch,
        [e.type.value for e in events],
        [e.subject for e in events],
        [e.inbox_id for e in events],
        [e.campaign_id for e in events],
        [orjson.dumps(e.data).decode() for e in events],
    )


class Intake:
    """Looking and writing for one received message."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def look_up(
        self, inbox_id: InboxId, received: Received, threading: Threading, *, original: Original | None
    ) -> Known:
        """Return all that is known of a received message, in one statement (two for mail)."""
        claims = naming(received.sender.claims)
        row = await self._session.driver.fetchrow(
            _BY_THREAD if threading is Threading.PUBLIC else _BY_CONTACT,
            inbox_id,
            received.external_id,
            [claim.kind.value for claim in claims],
            [claim.scope for claim in claims],
            [claim.key for claim in claims],
            received.campaign.key if received.campaign else None,
            original.key if original else None,
            received.thread if threading is Threading.PUBLIC else None,
        )
        by_reference = threading is Threading.REFERENCES
        return Known(
            message=to_message(row["message"]) if row["message"] else None,
            contact=Contact(*_person(row["person"])) if row["person"] else None,
            candidates=await self._referenced(inbox_id, received) if by_reference else _candidate(row["ticket"]),
            campaign=to_campaign(row["campaign"]) if row["campaign"] else None,
            repeated=row["repeated"],
        )

    async def _referenced(self, inbox_id: InboxId, received: Received) -> tuple[Candidate, ...]:
        if not received.references and received.ticket is None:
            return ()
        rows = await self._session.driver.fetch(_REFERENCED, inbox_id, list(received.references), received.ticket)
        return tuple(_referenced(row) for row in rows)

    async def write(self, placed: Placed, *, epoch: int) -> None:
        """Write a new message and everything that comes with it, in one statement."""
        statement, values = _write_statement(placed, epoch)
        if await self._session.driver.fetchval(statement, *values) != 1:
            raise StaleVersion


def _person(row: Any) -> tuple[Any, ...]:  # noqa: ANN401 - asyncpg ships no types
    return (row[0], row[1], row[3], row[2])


def _candidate(row: Any) -> tuple[Candidate, ...]:  # noqa: ANN401 - asyncpg ships no types
    if row is None:
        return ()
    ticket = to_ticket(row)
    known = frozenset({ticket.contact_id}) if ticket.contact_id else frozenset()
    return (Candidate(ticket, Evidence.THREAD, known),)


def _referenced(row: Any) -> Candidate:  # noqa: ANN401 - asyncpg ships no types
    ticket = to_ticket(row["ticket"])
    known = frozenset(row["participants"] or ()) | ({ticket.contact_id} if ticket.contact_id else set())
    return Candidate(ticket, Evidence.TOKEN if row["proved"] else Evidence.REFERENCE, known)


def _write_statement(placed: Placed, epoch: int) -> tuple[str, list[Any]]:
    """Compose the statement of the parts that this message needs; each combination is prepared once a connection."""
    part = _Parts()
    if placed.contact is not None:
        row = {k: v for k, v in asdict(placed.contact).items() if k != "identities"}
        part.insert("contact", "contacts", row)
    if placed.is_new:
        part.insert("ticket", "tickets", new_row(placed.ticket))
    else:
        part.update_ticket(placed.ticket)
    part.insert("message", "messages", _json_columns(message_row(placed.message)))
    for n, (contact_id, claim) in enumerate(placed.claims):
        part.insert(f"claim{n}", "identities", claim_row(contact_id, claim), " on conflict do nothing")
    for n, attachment in enumerate(placed.message.attachments):
        of = {"message_id": placed.message.id, "ticket_id": placed.ticket.id}
        part.insert(f"file{n}", "uploads", asdict(attachment) | of)
    if placed.original is not None:
        part.insert("original", "originals", _original_row(placed.message.inbox_id, placed.original))
    if placed.entry is not None:
        entry = asdict(placed.entry)
        part.insert("entry", "public_log", entry | {"entry": orjson.dumps(entry["entry"]).decode()})
    part.insert_events(placed.events, epoch)
    return part.statement(), part.values


class _Parts:
    """The parts of one statement that writes to several tables, and their values."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._parts: list[str] = []

    def insert(self, name: str, table: str, row: dict[str, Any], tail: str = "") -> None:
        """Insert a row; the table and column names are ours, the values are bound."""
        columns = ", ".join(row)
        self._parts.append(
            f"{name} as (insert into {table} ({columns}) values ({self._bind(row.values())}){tail} returning 1)"  # noqa: S608
        )

    def update_ticket(self, ticket: Ticket) -> None:
        """Change a ticket, if it still has the version that was looked at."""
        row = ticket_row(ticket)
        columns = ", ".join(row)
        values = self._bind(row.values())
        where = f"id = {self._bind([ticket.id])} and version = {self._bind([ticket.version - 1])}"
        self._parts.append(
            f"ticket as (update tickets set ({columns}, version) = ({values}, version + 1) where {where} returning 1)"  # noqa: S608
        )

    def insert_events(self, events: Sequence[NewEvent], epoch: int) -> None:
        """Insert the events of the change."""
        rows = [self._bind(columns) for columns in zip(*_event_rows(events, epoch), strict=True)]
        values = ", ".join(f"({row})" for row in rows)
        self._parts.append(
            f"event as (insert into events (epoch, type, subject, inbox_id, campaign_id, data) values {values})"  # noqa: S608
        )

    def statement(self) -> str:
        """Return the statement; it yields 1 if the ticket was written."""
        return "with " + ",\n".join(self._parts) + "\nselect count(*) from ticket"

    def _bind(self, values: Iterable[Any]) -> str:
        first = len(self.values) + 1
        self.values.extend(values)
        return ", ".join(f"${n}" for n in range(first, len(self.values) + 1))


def _event_rows(events: Sequence[NewEvent], epoch: int) -> tuple[Sequence[Any], ...]:
    _epoch, *columns = event_columns(events, epoch)
    return ([epoch] * len(events), *columns)


def _json_columns(row: dict[str, Any]) -> dict[str, Any]:
    """Return a message's columns with the JSON ones as text, as the driver takes them."""
    found = {name: orjson.dumps(row[name]).decode() for name in ("attachments", "meta")}
    return row | found | {"call": orjson.dumps(row["call"]).decode() if row["call"] is not None else None}


def _original_row(inbox_id: InboxId, original: Original) -> dict[str, Any]:
    return {
        "id": new_id(),
        "inbox_id": inbox_id,
        "key": original.key,
        "digest": digest(original),
        "body": original.body,
        "content_type": original.content_type,
        "headers": orjson.dumps(dict(original.headers)).decode(),
        "at": original.at,
        "state": "understood",
    }
