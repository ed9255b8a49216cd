"""Tickets in the store: found, locked, changed, listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, and_, case, cast, func, literal, or_, select, text, tuple_, update

from inbox.app.queries import Page, Sort, TicketQuery, View
from inbox.domain.ids import ContactId, InboxId, ManagerId, TicketId
from inbox.domain.lanes import Lane
from inbox.domain.manager import Access
from inbox.domain.reasons import reason_view, to_reason
from inbox.domain.ticket import AT_WORK, Priority, State, Ticket
from inbox.errors import Invalid, Merged, NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.schema import Moment
from inbox.store.tables import contacts, identities, messages, tickets

_NAMES = tuple(field.name for field in fields(Ticket))
KEPT = {"id", "number", "inbox_id", "channel", "live", "created_at", "version"}
REASONS = ("assigned_why", "lane_why", "routed_why")  # as JSON
LINGERS = timedelta(minutes=10)  # how long an answered live conversation still fills a hand
_FAR_FUTURE = text("'infinity'::timestamptz")


def to_ticket(row: Mapping[str, Any]) -> Ticket:
    """Read a ticket from a row of its table."""
    values = {name: row[name] for name in _NAMES}
    values["state"] = State(row["state"])
    values["priority"] = Priority(row["priority"])
    values["lane"] = Lane(row["lane"])
    for name in ("tags", "skills", "declined_by", "by_hand"):
        values[name] = tuple(row[name])
    for name in REASONS:
        values[name] = to_reason(row[name])
    return Ticket(**values)


def to_row(ticket: Ticket) -> dict[str, Any]:
    """Return what may change of a ticket, as columns."""
    row = {name: getattr(ticket, name) for name in _NAMES if name not in KEPT}
    plain = {"state": ticket.state.value, "priority": int(ticket.priority), "lane": ticket.lane.value}
    lists = {name: list(getattr(ticket, name)) for name in ("tags", "skills", "declined_by", "by_hand")}
    return row | plain | lists | {name: reason_view(getattr(ticket, name)) for name in REASONS}


def new_row(ticket: Ticket) -> dict[str, Any]:
    """Return a new ticket as columns."""
    return to_row(ticket) | {name: getattr(ticket, name) for name in sorted(KEPT)}


def visible(access: Access) -> ColumnElement[bool]:
    """Return the filter that lets through exactly what `access.sees`."""
    conditions: list[ColumnElement[bool]] = []
    if access.inboxes is not None:
        conditions.append(tickets.c.inbox_id.in_(access.inboxes))
    if access.campaigns is not None:
        conditions.append(or_(tickets.c.campaign_id.is_(None), tickets.c.campaign_id.in_(access.campaigns)))
    return and_(literal(value=True), *conditions)


class Tickets:
    """The tickets of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, ticket_id: TicketId, access: Access) -> Ticket:
        """Return a ticket that the caller may see; raise NotFound for all others."""
        row = await self._session.row(select(tickets).where(tickets.c.id == ticket_id, visible(access)))
        if row is None:
            raise NotFound("There is no such ticket.")
        return to_ticket(row)

    async def hold(self, ticket_id: TicketId, access: Access) -> Ticket:
        """Return a ticket locked until the unit ends: its messages get their order here. Raises Merged."""
        ticket = await self.hold_any(ticket_id, access)
        if ticket.merged_into is not None:
            raise Merged(ticket.merged_into)
        return ticket

    async def hold_any(self, ticket_id: TicketId, access: Access) -> Ticket:
        """Return a ticket locked likewise, also one that is merged into another."""
        statement = select(tickets).where(tickets.c.id == ticket_id, visible(access)).with_for_update(key_share=True)
        row = await self._session.row(statement)
        if row is None:
            raise NotFound("There is no such ticket.")
        return to_ticket(row)

    async def number(self) -> int:
        """Draw the number of a new ticket."""
        return int(await self._session.driver.fetchval("select nextval('tickets_number_seq')"))

    async def add(self, ticket: Ticket) -> Ticket:
        """Store a new ticket."""
        await self._session.run(tickets.insert().values(**new_row(replace(ticket, version=1))))
        return replace(ticket, version=1)

    async def save(self, ticket: Ticket, *, now: datetime) -> Ticket:
        """Store what changed of a held ticket, one version on; raise StaleVersion if somebody else did in between."""
        changed = replace(ticket, updated_at=now)
        statement = (
            update(tickets)
            .where(tickets.c.id == ticket.id, tickets.c.version == ticket.version)
            .values(**to_row(changed), version=ticket.version + 1)
        )
        if await self._session.run(statement) != 1:
            raise StaleVersion
        return replace(changed, version=ticket.version + 1)

    async def page(self, query: TicketQuery) -> Page[Ticket]:
        """List tickets in the asked order, a page at a time."""
        keys = _sort_keys(query.sort)
        statement = select(tickets, *(k.label(f"key{i}") for i, k in enumerate(keys))).where(*_conditions(query))
        if query.after is not None:
            statement = statement.where(_beyond(query, keys))
        order = [k.desc() if query.sort is Sort.NEWEST else k for k in keys]
        rows = await self._session.rows(statement.order_by(*order).limit(query.limit + 1))
        items = tuple(to_ticket(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return Page(items, _key_of(items[-1], query.sort) if more else None)

    async def of_contact(self, contact_id: ContactId, access: Access, *, limit: int = 20) -> list[Ticket]:
        """Return a contact's newest tickets."""
        statement = (
            select(tickets)
            .where(tickets.c.contact_id == contact_id, tickets.c.merged_into.is_(None), visible(access))
            .order_by(tickets.c.updated_at.desc())
            .limit(limit)
        )
        return [to_ticket(row) for row in await self._session.rows(statement)]

    async def held(self, access: Access, *, now: datetime) -> list[Ticket]:
        """Return the tickets that fill somebody's hands, theirs or offered, the most pressing first."""
        fresh = and_(tickets.c.state == State.WAITING.value, tickets.c.live, tickets.c.updated_at > now - LINGERS)
        statement = (
            select(tickets)
            .where(or_(tickets.c.assignee_id.is_not(None), tickets.c.offered_to.is_not(None)))
            .where(or_(tickets.c.state == State.OPEN.value, fresh), visible(access))
            .order_by(tickets.c.due_at, tickets.c.id)
        )
        return [to_ticket(row) for row in await self._session.rows(statement)]

    async def waiting_cells(self, access: Access) -> list[dict[str, Any]]:
        """Count what waits for somebody, by channel and language, with the oldest and the most pressing of each."""
        cell = (tickets.c.channel, tickets.c.language)
        statement = (
            select(
                *cell,
                func.count().label("count"),
                func.min(tickets.c.waiting_since).label("oldest"),
                func.min(tickets.c.due_at).label("due_at"),
            )
            .where(tickets.c.state == State.OPEN.value, tickets.c.lane == Lane.ANSWER.value)
            .where(tickets.c.assignee_id.is_(None), tickets.c.offered_to.is_(None), visible(access))
            .group_by(*cell)
            .order_by(*cell)
        )
        return [dict(row) for row in await self._session.rows(statement)]

    async def exist_in(self, inbox_id: InboxId) -> bool:
        """Tell whether an inbox has tickets, or has carried messages of others."""
        own = select(tickets.c.id).where(tickets.c.inbox_id == inbox_id).limit(1)
        carried = select(messages.c.id).where(messages.c.inbox_id == inbox_id, messages.c.external_id.is_not(None))
        return bool(await self._session.value(own) or await self._session.value(carried.limit(1)))

    async def counters(self, access: Access, me: ManagerId | None) -> dict[str, Any]:
        """Count what is at work, in one pass, in the cells that the desk shows."""
        cell = (tickets.c.state, tickets.c.lane, tickets.c.channel, tickets.c.campaign_id, _owner(me))
        statement = (
            select(*cell, func.count().label("n"))
            .where(tickets.c.state.in_([s.value for s in AT_WORK]), visible(access))
            .group_by(*cell)
        )
        return _summed(await self._session.rows(statement))


def _owner(me: ManagerId | None) -> ColumnElement[str]:
    mine = tickets.c.assignee_id == me
    return case((tickets.c.assignee_id.is_(None), "nobody"), (mine, "me"), else_="other").label("owner")


def _summed(rows: list[Any]) -> dict[str, Any]:
    total: dict[str, Any] = {"queue": 0, "mine": 0, "unassigned": 0, "waiting": 0, "snoozed": 0}
    total |= {lane.value: 0 for lane in Lane if lane is not Lane.ANSWER}
    by_channel: dict[str, int] = {}
    by_campaign: dict[str, int] = {}
    for row in rows:
        n = row["n"]
        total["mine"] += n * (row["owner"] == "me")
        if row["state"] != State.OPEN.value:
            total[row["state"]] += n
            continue
        if row["lane"] != Lane.ANSWER.value:
            total[row["lane"]] += n
            continue
        total["queue"] += n
        total["unassigned"] += n * (row["owner"] == "nobody")
        campaign = str(row["campaign_id"] or "unsorted")
        by_channel[row["channel"]] = by_channel.get(row["channel"], 0) + n
        by_campaign[campaign] = by_campaign.get(campaign, 0) + n
    return total | {"by_channel": by_channel, "by_campaign": by_campaign}


def _conditions(query: TicketQuery) -> list[ColumnElement[bool]]:
    asked = {
        tickets.c.inbox_id: query.inbox_id,
        tickets.c.campaign_id: query.campaign_id,
        tickets.c.channel: query.channel,
        tickets.c.assignee_id: query.assignee_id,
        tickets.c.state: query.state.value if query.state else None,
    }
    found = [visible(query.access), _in_view(query)]
    found += [column == value for column, value in asked.items() if value is not None]
    if query.unsorted:
        found.append(tickets.c.campaign_id.is_(None))
    if query.nobodys:
        found.append(tickets.c.assignee_id.is_(None))
    if query.words:
        found.append(_mentions(query.words))
    return found


def _in_view(query: TicketQuery) -> ColumnElement[bool]:
    match query.view:
        case View.QUEUE:
            return _open_in(Lane.ANSWER)
        case View.UNASSIGNED:
            return and_(_open_in(Lane.ANSWER), tickets.c.assignee_id.is_(None))
        case View.THANK | View.NOTHING | View.SPAM:
            return _open_in(Lane(query.view.value))
        case View.MINE | View.OFFERED:
            return _of_me(query)
        case View.WAITING | View.SNOOZED:
            return tickets.c.state == query.view.value
        case View.SOLVED:
            return and_(tickets.c.state.in_([State.SOLVED.value, State.CLOSED.value]), tickets.c.merged_into.is_(None))
        case View.ALL:
            return literal(value=True)


def _of_me(query: TicketQuery) -> ColumnElement[bool]:
    if query.view is View.OFFERED:
        return tickets.c.offered_to == query.me
    return and_(tickets.c.assignee_id == query.me, tickets.c.state.in_([s.value for s in AT_WORK]))


def _open_in(lane: Lane) -> ColumnElement[bool]:
    return and_(tickets.c.state == State.OPEN.value, tickets.c.lane == lane.value)


def _mentions(words: str) -> ColumnElement[bool]:
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    known = (
        select(identities.c.contact_id)
        .join(contacts, contacts.c.id == identities.c.contact_id)
        .where(or_(identities.c.value.ilike(pattern), contacts.c.name.ilike(pattern)))
        .limit(500)
    )
    found: list[ColumnElement[bool]] = [
        tickets.c.subject.ilike(pattern),
        tickets.c.contact_name.ilike(pattern),
        tickets.c.contact_id.in_(known),
    ]
    if words.lstrip("#").isdecimal() and len(words) < 18:
        found.append(tickets.c.number == int(words.lstrip("#")))
    return or_(*found)


def _sort_keys(sort: Sort) -> list[ColumnElement[Any]]:
    if sort is Sort.NEWEST:
        return [tickets.c.updated_at, tickets.c.id]
    return [
        *(func.coalesce(moment, _FAR_FUTURE) for moment in (tickets.c.due_at, tickets.c.waiting_since)),
        tickets.c.id,
    ]


def _key_of(ticket: Ticket, sort: Sort) -> tuple[str, ...]:
    if sort is Sort.NEWEST:
        return (ticket.updated_at.isoformat(), str(ticket.id))
    return (_written(ticket.due_at), _written(ticket.waiting_since), str(ticket.id))


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _read(moment: str) -> ColumnElement[Any] | TextClause:
    return cast(datetime.fromisoformat(moment), Moment) if moment else _FAR_FUTURE


def _beyond(query: TicketQuery, keys: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    try:
        return _past(query, keys)
    except (ValueError, OverflowError) as error:  # whoever calls may have written the cursor
        raise Invalid("This cursor is not one of ours.") from error


def _past(query: TicketQuery, keys: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    after = query.after or ()
    if query.sort is Sort.NEWEST:
        at, ticket_id = after
        return tuple_(*keys) < tuple_(cast(datetime.fromisoformat(at), Moment), literal(UUID(ticket_id)))
    due, waiting, ticket_id = after
    return tuple_(*keys) > tuple_(_read(due), _read(waiting), literal(UUID(ticket_id)))
