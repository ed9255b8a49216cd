"""Who gets what: what waits, who left their work, who let an offer pass, and the history of hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from inbox.domain.assignment import Hand, How, Work
from inbox.domain.campaign import Team
from inbox.domain.ids import ManagerId, TeamId, TicketId, new_id
from inbox.domain.reasons import reason_view, to_reason
from inbox.domain.ticket import Priority, Ticket
from inbox.store.database import Session
from inbox.store.routing_tables import assignments
from inbox.store.tickets import to_ticket

_ALONE = "select pg_try_advisory_xact_lock(7236154002)"  # any number, the same in every process

_KNOWS = """
(select m.manager_id from tickets o join messages m on m.ticket_id = o.id
 where o.contact_id = t.contact_id and m.direction = 'outbound' and m.manager_id is not null
 order by m.at desc limit 1) as knows
"""
_WORK = f"""
select t.id as ticket_id, t.inbox_id, t.channel, t.weight, t.campaign_id, t.language, t.skills, t.team_id, t.priority,
  t.target, coalesce(t.waiting_since, t.updated_at) as waiting_since,
  coalesce(t.due_at, t.updated_at + t.target) as due_at, t.declined_by as declined,
  {_KNOWS}
from tickets t
"""  # noqa: S608 - our own words
# The most pressing of each kind: those whom nobody may take cannot hide the others, however many they are. What is late
# is a kind of its own, since it comes in another order.
_WAITING = f"""
with ranked as (
  select id, row_number() over (
    partition by hash_record_extended((
      inbox_id, campaign_id, channel, weight, language, skills, team_id, declined_by, due_at < $1), 0)
    order by due_at
  ) as place
  from tickets
  where state = 'open' and assignee_id is null and offered_to is null and lane = 'answer'
)
{_WORK} join ranked using (id) where place <= $2
"""  # noqa: S608 - our own words
_HOLD = """
select * from tickets
where id = any($1::uuid[]) and state = 'open' and assignee_id is null and offered_to is null and lane = 'answer'
for no key update skip locked
"""
# What somebody took while they were gone is theirs until its contact speaks again. Who is away keeps what can wait.
# What its owner may no longer see would be in nobody's hands: a grant was taken back, or its campaign changed.
# The managers come first: without statistics a plan reads all that is open to find the few that somebody left.
_LEFT = """
with gone as materialized (
  select * from managers where not active or availability in ('offline', 'away')
), barred as materialized (
  select * from managers where active and not (all_inboxes and all_campaigns)
), found as materialized (
  (select t.id from gone m cross join lateral (
    select * from tickets where assignee_id = m.id and state in ('open', 'waiting') offset 0) t
  where t.state = 'open'
    and (not m.active or m.availability = 'offline'
      or t.live or t.due_at < $1 or t.waiting_since > m.availability_since)
    and (t.assigned_at is null or t.assigned_at <= m.availability_since or t.waiting_since > t.assigned_at)
  limit 100)
  union all
  (select t.id from barred m cross join lateral (
    select * from tickets where assignee_id = m.id and state in ('open', 'waiting') offset 0) t
  where t.state = 'open'
    and not ((m.all_inboxes or t.inbox_id = any(m.inboxes))
      and (m.all_campaigns or t.campaign_id is null or t.campaign_id = any(m.campaigns)))
  limit 100)
)
select * from tickets where id = any(array(select id from found)) and state = 'open' and assignee_id is not null
for no key update skip locked
"""
_OFFERED = "select * from tickets where offered_to = any(array(select id from managers))"
_OFFERS_THAT_ENDED = f"""
with found as materialized (
  select t.id from ({_OFFERED}) t join managers m on m.id = t.offered_to
  where t.offered_until <= $1 or t.state <> 'open' or t.lane <> 'answer' or not m.active or m.availability <> 'online'
  limit 100
)
select * from tickets where id = any(array(select id from found)) and offered_to is not null
for no key update skip locked
"""  # noqa: S608 - our own words
_NEXT_END = f"select min(offered_until) from ({_OFFERED}) offered"  # noqa: S608 - our own words
_GIVE = """
update tickets t
set assignee_id = c.assignee_id, assigned_at = c.assigned_at, assigned_why = c.assigned_why,
  offered_to = c.offered_to, offered_until = c.offered_until, declined_by = c.declined_by,
  version = t.version + 1, updated_at = $2
from jsonb_to_recordset($1::jsonb) as c (
  id uuid, version integer, assignee_id uuid, assigned_at timestamptz, assigned_why jsonb,
  offered_to uuid, offered_until timestamptz, declined_by uuid[])
where t.id = c.id and t.version = c.version
returning t.*
"""
_RECORD = """
insert into assignments (id, ticket_id, contact_id, manager_id, how, at, by, why)
select * from jsonb_to_recordset($1::jsonb) as c (
  id uuid, ticket_id uuid, contact_id uuid, manager_id uuid, how text, at timestamptz, by uuid, why jsonb)
"""


class Assignments:
    """What the giving out of work asks and writes, in one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def alone(self) -> bool:
        """Become the one who gives out work in this database until the unit ends; False: somebody else is at it."""
        return bool(await self._session.driver.fetchval(_ALONE))

    async def waiting(self, teams: Mapping[TeamId, Team], *, each: int, now: datetime) -> list[Work]:
        """Return the most pressing of each kind of tickets that wait for somebody."""
        return [_to_work(row, teams) for row in await self._session.driver.fetch(_WAITING, now, each)]

    async def work_of(self, ticket_id: TicketId, teams: Mapping[TeamId, Team]) -> Work:
        """Return what a decision needs of one ticket."""
        return _to_work(await self._session.driver.fetchrow(_WORK + "where t.id = $1", ticket_id), teams)

    async def hold(self, ticket_ids: Sequence[TicketId]) -> list[Ticket]:
        """Lock tickets that still wait and return them as they are now, without those that somebody else holds."""
        return [to_ticket(row) for row in await self._session.driver.fetch(_HOLD, ticket_ids)]

    async def left_behind(self, *, now: datetime) -> list[Ticket]:
        """Return, locked, open tickets whose owner has gone, or may not see them any more."""
        return [to_ticket(row) for row in await self._session.driver.fetch(_LEFT, now)]

    async def ended_offers(self, *, now: datetime) -> list[Ticket]:
        """Return, locked, tickets whose offer ran out, or lost its sense."""
        return [to_ticket(row) for row in await self._session.driver.fetch(_OFFERS_THAT_ENDED, now)]

    async def next_end(self) -> datetime | None:
        """Return when the next offer runs out."""
        found: datetime | None = await self._session.driver.fetchval(_NEXT_END)
        return found

    async def give(self, tickets: Iterable[Ticket], *, now: datetime) -> list[Ticket]:
        """Store who has these held tickets, or is offered them, in one statement."""
        rows = [_given(ticket) for ticket in tickets]
        if not rows:
            return []
        return [to_ticket(row) for row in await self._session.driver.fetch(_GIVE, _json(rows), now)]

    async def record(self, *hands: Hand) -> None:
        """Write lines of tickets' histories."""
        if hands:
            await self._session.driver.execute(_RECORD, _json([_hand_row(hand) for hand in hands]))

    async def history(self, ticket_id: TicketId) -> list[Hand]:
        """Return through whose hands a ticket went, the first first."""
        statement = select(assignments).where(assignments.c.ticket_id == ticket_id).order_by(assignments.c.id)
        return [_to_hand(row) for row in await self._session.rows(statement)]


def _to_work(row: Mapping[str, Any], teams: Mapping[TeamId, Team]) -> Work:
    values = dict(row)
    team_id = values.pop("team_id")
    values |= {"skills": tuple(row["skills"]), "declined": frozenset(row["declined"])}
    return Work(**values | {"team": teams.get(team_id), "priority": Priority(row["priority"])})


def _given(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "version": ticket.version,
        "assignee_id": ticket.assignee_id,
        "assigned_at": ticket.assigned_at,
        "assigned_why": reason_view(ticket.assigned_why),
        "offered_to": ticket.offered_to,
        "offered_until": ticket.offered_until,
        "declined_by": ticket.declined_by,
    }


def _hand_row(hand: Hand) -> dict[str, Any]:
    return {
        "id": new_id(),
        "ticket_id": hand.ticket_id,
        "contact_id": hand.contact_id,
        "manager_id": hand.manager_id,
        "how": hand.how.value,
        "at": hand.at,
        "by": hand.by,
        "why": reason_view(hand.why),
    }


def _to_hand(row: Mapping[str, Any]) -> Hand:
    return Hand(
        ticket_id=row["ticket_id"],
        contact_id=row["contact_id"],
        manager_id=row["manager_id"],
        how=How(row["how"]),
        at=row["at"],
        by=ManagerId(row["by"]) if row["by"] else None,
        why=to_reason(row["why"]),
    )


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()  # the driver has a UUID of its own
