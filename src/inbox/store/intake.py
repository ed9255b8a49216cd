"""The hot path of everything that comes in: one statement looks, one writes, on the driver's own connection.

Ten Core statements cost five times the CPU of these two; see `benchmarks ingest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple

import asyncpg
import orjson

from inbox.app.ports import Known, Placed, PublicEntry
from inbox.channel.model import Original, Received
from inbox.domain.contact import Contact, LanguageBy, naming
from inbox.domain.events import NewEvent
from inbox.domain.ids import InboxId, new_id
from inbox.domain.message import Attachment, Message
from inbox.domain.threading import Candidate, Evidence, Threading
from inbox.domain.ticket import Ticket
from inbox.errors import StaleVersion
from inbox.store.campaigns import to_campaign
from inbox.store.database import Session
from inbox.store.messages import to_message
from inbox.store.originals import digest
from inbox.store.tickets import KEPT, REASONS, to_ticket

# Values that a plan would be made to fit stand in a `select` of their own: the planner cannot see them, so it keeps one
# plan for all. Made anew for each message, the plan costs three times what it finds.
_COMMON = """
with claims as (
  select kind, scope, value, place
  from unnest((select $3::text[]), (select $4::text[]), (select $5::text[])) with ordinality
    as claim (kind, scope, value, place)
), person as (
  select c.id, c.name, c.language, c.created_at, c.roles, c.language_by, c.heard
  from claims join identities i using (kind, scope, value) join contacts c on c.id = i.contact_id
  where i.verified order by place limit 1
)
select
  (select m from messages m where m.inbox_id = $1 and m.external_id = $2) as message,
  (select p from person p) as person,
  (select c from campaigns c where c.key = $6) as campaign,
  exists (select from originals o where o.inbox_id = $1 and o.key = $7) as repeated,
"""
_THREAD_TICKET = """
  (select t from tickets t where t.inbox_id = $1 and t.thread = $8 and t.public) as ticket,
  (select nextval('tickets_number_seq') where not exists (
     select from tickets t where t.inbox_id = $1 and t.thread = $8 and t.public)) as number
"""
_PERSONS_TICKET = """
  null as number,
  exists (select from claims join managers m on claims.kind = 'email' and lower(m.email) = claims.value) as ours,
  (select t from tickets t where t.inbox_id = $1 and t.contact_id = (select id from person) and $8::text is null
     and t.merged_into is null
   order by t.created_at desc limit 1) as ticket
"""
_BY_THREAD = _COMMON + _THREAD_TICKET
_BY_CONTACT = _COMMON + _PERSONS_TICKET
# A ticket is answered through its own inbox, and through one that wrote on its behalf: to a visitor who had left.
# Messages are found by their id or by their ticket. An equality with the inbox alone must not look like a way to them:
# a plan that was kept from when there were few would read every message of the inbox for each mail.
# Our mark proves the ticket in which the message that carried it is by now, and whatever that is merged into.
_REFERENCED = """
with answers as (
  select m.ticket_id, m.meta -> 'was_in' as was_in, r.place
  from unnest($2::text[]) with ordinality as r (id, place) cross join lateral (
    select ticket_id, meta from messages where inbox_id = $1 and external_id = r.id limit 1) as m
), proved as (
  select coalesce((select a.ticket_id from answers a where a.ticket_id = $3 or a.was_in ? $3::uuid::text
                   order by a.place limit 1), $3::uuid) as id
), named as (
  select coalesce(n.merged_into, n.id) as id, n.id = (select id from proved) as proved,
    n.id in (select ticket_id from answers) as answered, n.contact_id
  from (select id from proved union select ticket_id from answers union
    select t.id from tickets t where t.number = $4) as found
  -- A few of them: each is looked up, however small the table was when the plan was made.
  cross join lateral (select t.id, t.merged_into, t.contact_id from tickets t where t.id = found.id offset 0) as n
), meant as (
  select id, bool_or(proved) as proved, bool_or(answered) as answered, array_agg(contact_id) as contacts
  from named group by id
)
select t as ticket, n.proved, n.answered, n.contacts,
  (select array_agg(distinct p.contact_id) from messages p where p.ticket_id = t.id and not p.unverified
     and p.contact_id is not null) as participants,
  (select array_agg(distinct lower(w.meta ->> 'to')) from messages w where w.ticket_id = t.id
     and w.inbox_id is not distinct from $1 and w.inbox_id <> t.inbox_id and w.direction = 'outbound'
     and w.delivery not in ('scheduled', 'withdrawn')) as written_to,
  -- Whom we wrote to beside the contact; whom a message went to without them is only asked about the matter.
  (select array_agg(distinct lower(r ->> 'address')) from messages w, jsonb_array_elements(w.recipients) r
   where w.ticket_id = t.id and w.direction = 'outbound' and w.manager_id is not null and r ->> 'role' in ('to', 'cc')
     and w.delivery not in ('scheduled', 'withdrawn')
     and exists (select from jsonb_array_elements(w.recipients) c join identities i on i.value = lower(c ->> 'address')
                 where i.contact_id = t.contact_id and i.kind = 'email')) as copied,
  (select array_agg(i.value) from identities i
   where i.contact_id = t.contact_id and i.kind = 'email' and t.inbox_id = $1 and exists (
     select from messages w where w.ticket_id = t.id and w.inbox_id is not distinct from $1 and w.direction = 'outbound'
       and w.delivery not in ('scheduled', 'withdrawn'))) as answered_to,
  (select array_agg(distinct lower(r ->> 'address')) from messages w, jsonb_array_elements(w.recipients) r
   where w.ticket_id = t.id and w.direction = 'outbound' and w.delivery not in ('scheduled', 'withdrawn')
     and (r ->> 'role' = 'bcc' or w.meta ? 'forwards')) as aside
from meant n join tickets t on t.id = n.id
where t.inbox_id = $1 or exists (select from messages m where m.ticket_id = t.id and m.inbox_id is not distinct from $1)
order by n.proved desc nulls last limit 20
"""
_LEFT_OPEN = """
select t as ticket from tickets t
where t.inbox_id = $1 and t.contact_id = $2 and t.state in ('open', 'waiting', 'snoozed')
order by t.updated_at desc limit 1
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
        self,
        inbox_id: InboxId,
        received: Received,
        threading: Threading,
        *,
        original: Original | None,
    ) -> Known:
        """Return all that is known of a received message, in one statement (two or three for mail)."""
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
            contact=_person(row["person"]) if row["person"] else None,
            candidates=await self._meant(inbox_id, received, row["person"])
            if by_reference
            else _candidate(row["ticket"], Evidence.THREAD),
            latest=to_ticket(row["ticket"]) if by_reference and row["ticket"] else None,
            campaign=to_campaign(row["campaign"]) if row["campaign"] else None,
            repeated=row["repeated"],
            number=row["number"],
            ours=by_reference and row["ours"],
        )

    async def _meant(self, inbox_id: InboxId, received: Received, person: Any) -> tuple[Candidate, ...]:  # noqa: ANN401 - asyncpg ships no types
        """Return the tickets that a message names, or that its sender has open if they are away."""
        named = await self._referenced(inbox_id, received)
        if named or not received.away or person is None:
            return named
        row = await self._session.driver.fetchrow(_LEFT_OPEN, inbox_id, person[0])
        return _candidate(row and row["ticket"], Evidence.AWAY)

    async def _referenced(self, inbox_id: InboxId, received: Received) -> tuple[Candidate, ...]:
        if not received.references and received.ticket is None and received.number is None:
            return ()
        rows = await self._session.driver.fetch(
            _REFERENCED, inbox_id, list(received.references), received.ticket, received.number
        )
        return tuple(_referenced(row) for row in rows)

    async def write(self, placed: Placed, events: Sequence[NewEvent], *, epoch: int) -> None:
        """Write a new message and everything that comes with it, in one statement: all of it or nothing.

        Raises StaleVersion if the ticket was changed since it was looked at.
        """
        try:
            statement = _statement(_shape_of(placed, len(events)))
            await self._session.driver.execute(statement, *_values(placed, events, epoch))
        except asyncpg.DivisionByZeroError as error:
            raise StaleVersion from error


def _person(row: Any) -> Contact:  # noqa: ANN401 - asyncpg ships no types
    return Contact(
        id=row[0],
        name=row[1],
        created_at=row[3],
        language=row[2],
        language_by=LanguageBy(row[5]) if row[5] else None,
        heard=row[6],
        roles=tuple(row[4]),
    )


def _candidate(row: Any, evidence: Evidence) -> tuple[Candidate, ...]:  # noqa: ANN401 - asyncpg ships no types
    if row is None:
        return ()
    ticket = to_ticket(row)
    known = frozenset({ticket.contact_id}) if ticket.contact_id else frozenset()
    return (Candidate(ticket, evidence, known),)


def _referenced(row: Any) -> Candidate:  # noqa: ANN401 - asyncpg ships no types
    ticket = to_ticket(row["ticket"])
    known = frozenset(row["participants"] or ()) | ({ticket.contact_id} if ticket.contact_id else set())
    evidence = Evidence.TOKEN if row["proved"] else Evidence.REFERENCE if row["answered"] else Evidence.NUMBER
    # Whom a form named is nobody we know; who answers our mail to them from there has shown that it reached them.
    written_to = frozenset((*(row["written_to"] or ()), *(row["answered_to"] or ())))
    copied = frozenset(row["copied"] or ())
    # A merged ticket's number still names its own contact, who is another one perhaps.
    named = frozenset(c for c in row["contacts"] if c) if evidence is Evidence.NUMBER else frozenset()
    aside = frozenset(row["aside"] or ()) - copied
    return Candidate(ticket, evidence, known, written_to=written_to | aside, copied=copied, aside=aside, named=named)


class _Shape(NamedTuple):
    """Which parts a message brings; each shape has a statement of its own, composed and prepared once."""

    new_contact: bool
    learnt: bool  # the language of a known contact
    new_ticket: bool
    claims: tuple[bool, ...]  # each: whether it must be new
    files: int
    original: bool
    entry: bool
    events: int


def _shape_of(placed: Placed, events: int) -> _Shape:
    # What a new contact was looked for by was nobody's a moment ago; if it is somebody's now, look again.
    looked_for = naming(claim for _, claim in placed.claims) if placed.contact is not None else ()
    return _Shape(
        new_contact=placed.contact is not None,
        learnt=placed.learnt is not None,
        new_ticket=placed.is_new,
        claims=tuple(claim in looked_for for _, claim in placed.claims),
        files=len(placed.message.attachments),
        original=placed.original is not None,
        entry=placed.entry is not None,
        events=events,
    )


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> str:
    """Compose the statement of a shape; its values are those of `_values`, in the same order."""
    place = count(1)
    parts = [_insert("ticket", "tickets", _NEW_TICKET, place)] if shape.new_ticket else [_update_ticket(place)]
    if shape.new_contact:
        parts.append(_insert("contact", "contacts", _CONTACT, place))
    if shape.learnt:
        parts.append(_learn(place))
    parts.append(_insert("message", "messages", _MESSAGE, place))
    for n, must_be_new in enumerate(shape.claims):
        parts.append(_insert(f"claim{n}", "identities", _CLAIM, place, "" if must_be_new else _UNLESS_KNOWN))
    parts += [_insert(f"file{n}", "uploads", _FILE, place) for n in range(shape.files)]
    if shape.original:
        parts.append(_insert("original", "originals", _ORIGINAL, place))
    if shape.entry:
        parts.append(_insert("entry", "public_log", _ENTRY, place))
    parts += [_insert(f"event{n}", "events", _EVENT, place) for n in range(shape.events)]
    # A ticket that was changed meanwhile is not among those written: the division fails, and all the rest with it.
    return "with " + ",\n".join(parts) + "\nselect 1 / count(*) from ticket"


def _insert(name: str, table: str, columns: Sequence[str], place: Iterator[int], tail: str = "") -> str:
    places = ", ".join(f"${next(place)}" for _ in columns)
    return f"{name} as (insert into {table} ({', '.join(columns)}) values ({places}){tail} returning 1)"  # noqa: S608 - our own names


def _update_ticket(place: Iterator[int]) -> str:
    changes = ", ".join(f"{column} = ${next(place)}" for column in _TICKET)
    where = f"id = ${next(place)} and version = ${next(place)} - 1"
    return f"ticket as (update tickets set {changes}, version = version + 1 where {where} returning 1)"  # noqa: S608 - our own names


def _learn(place: Iterator[int]) -> str:
    # Whoever changes a contact locks their tickets after them, we the ticket first: to skip avoids waiting in a ring.
    # What is not learnt now is learnt from the next text; what a person set in this moment stays.
    changes = ", ".join(f"{column} = ${next(place)}" for column in _LEARNT)
    free = f"select id from contacts where id = ${next(place)} and language_by is distinct from 'person'"  # noqa: S608 - our own names
    where = f"id in ({free} for no key update skip locked)"
    return f"learnt as (update contacts set {changes}, version = version + 1 where {where} returning 1)"  # noqa: S608 - our own names


def _values(placed: Placed, events: Sequence[NewEvent], epoch: int) -> list[Any]:
    values = list((_new_ticket_values if placed.is_new else _ticket_values)(placed.ticket))
    if placed.contact is not None:
        values += _contact_values(placed.contact)
    if placed.learnt is not None:
        values += _learnt_values(placed.learnt)
    values += _message_values(placed.message)
    for contact_id, claim in placed.claims:
        values += (new_id(), contact_id, claim.kind.value, claim.scope, claim.key, claim.verified)
    for attachment in placed.message.attachments:
        values += (*_file_values(attachment), placed.message.id, placed.ticket.id)
    if placed.original is not None:
        values += _original_values(placed.message.inbox_id, placed.original)
    if placed.entry is not None:
        values += _entry_values(placed.entry)
    for event in events:
        values += (epoch, event.type.value, event.subject, event.inbox_id, event.campaign_id, _json(event.data))
    return values


_UNLESS_KNOWN = " on conflict do nothing"
_TICKET_PLAIN = tuple(sorted(f.name for f in fields(Ticket) if f.name not in {*KEPT, *REASONS}))
_TICKET = (*_TICKET_PLAIN, *REASONS)
_TICKET_KEPT = tuple(sorted(KEPT))
_NEW_TICKET = (*_TICKET_KEPT, *_TICKET)
_MESSAGE_JSON = ("call", "attachments", "recipients", "meta")
_MESSAGE_PLAIN = tuple(f.name for f in fields(Message) if f.name not in _MESSAGE_JSON)
_MESSAGE = (*_MESSAGE_PLAIN, *_MESSAGE_JSON)
_CONTACT = ("id", "name", "language", "language_by", "heard", "created_at")
_LEARNT = ("language", "language_by", "heard")
_CLAIM = ("id", "contact_id", "kind", "scope", "value", "verified")
_FILE_PLAIN = tuple(f.name for f in fields(Attachment))
_FILE = (*_FILE_PLAIN, "message_id", "ticket_id")
_ORIGINAL = ("id", "inbox_id", "key", "digest", "body", "content_type", "headers", "at", "state")
_ENTRY = ("ticket_id", "seq", "message_id", "at", "entry")
_EVENT = ("epoch", "type", "subject", "inbox_id", "campaign_id", "data")

# The driver takes our enums for the texts and numbers that they are.
_ticket_plain = attrgetter(*_TICKET_PLAIN)
_ticket_reasons = attrgetter(*REASONS)
_ticket_kept = attrgetter(*_TICKET_KEPT)
_contact_values = attrgetter(*_CONTACT)
_learnt_values = attrgetter(*_LEARNT, "id")
_message_plain = attrgetter(*_MESSAGE_PLAIN)
_file_values = attrgetter(*_FILE_PLAIN)


def _ticket_values(ticket: Ticket) -> tuple[Any, ...]:
    return (*_changing_values(ticket), ticket.id, ticket.version)


def _new_ticket_values(ticket: Ticket) -> tuple[Any, ...]:
    return (*_ticket_kept(ticket), *_changing_values(ticket))


def _changing_values(ticket: Ticket) -> tuple[Any, ...]:
    return (*_ticket_plain(ticket), *(r and _json(r) for r in _ticket_reasons(ticket)))


def _message_values(message: Message) -> tuple[Any, ...]:
    call = _json(message.call) if message.call is not None else None
    return (
        *(*_message_plain(message), call),
        *(_json(message.attachments), _json(message.recipients), _json(message.meta)),
    )


def _original_values(inbox_id: InboxId, original: Original) -> tuple[Any, ...]:
    headers = _json(dict(original.headers))
    return (
        *(new_id(), inbox_id, original.key, digest(original), original.body),
        *(original.content_type, headers, original.at, "understood"),
    )


def _entry_values(entry: PublicEntry) -> tuple[Any, ...]:
    return (entry.ticket_id, entry.seq, entry.message_id, entry.at, _json(entry.entry))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
