"""Messages that go from one ticket to another, in their order, with their files and what is still to be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from inbox.domain.ids import ManagerId, MessageId, TicketId
from inbox.domain.moving import EVENT, WAS_IN, Move, MoveKind, Place, Standing
from inbox.domain.ticket import State
from inbox.store.database import Session
from inbox.store.move_tables import moves

_PLACES = "select id, seq from messages where ticket_id = $1 and (id = any($2) or $2 is null) order by seq"
_WAS_HERE = f"""jsonb_set(m.meta, '{{{WAS_IN}}}', coalesce(m.meta -> '{WAS_IN}', '[]') || to_jsonb($1::uuid::text))"""
# A place is unique at every moment of a statement: aside first, then to the new places.
_ASIDE = "update messages set seq = -seq where ticket_id = any(array[$1, $2]::uuid[])"
# By time, and what was in one order in its ticket stays in it, however wrong its clocks were.
_JOIN = f"""
with said as (
  select id, ticket_id, -seq as seq, max(at) over (partition by ticket_id order by seq desc) as key
  from messages where ticket_id = any(array[$1, $2]::uuid[])
), ordered as (
  select id, row_number() over (order by key, (ticket_id = $2) desc, seq) as seq from said
)
update messages m set ticket_id = $2, seq = o.seq, meta = case when m.ticket_id = $1 then {_WAS_HERE} else m.meta end
from ordered o where o.id = m.id
"""  # noqa: S608 - made of constants
_TAKE = f"""
update messages m set ticket_id = $2, seq = $4 + o.n, meta = {_WAS_HERE}
from unnest($3::uuid[]) with ordinality as o (id, n) where m.id = o.id and m.ticket_id = $1
"""  # noqa: S608 - made of constants
_BRING_BACK = f"""
update messages m set ticket_id = $1, seq = o.seq,
  meta = jsonb_set(m.meta, '{{{WAS_IN}}}', (m.meta -> '{WAS_IN}') - $1::uuid::text)
from unnest($3::uuid[], $4::int[]) as o (id, seq) where m.id = o.id and m.ticket_id = $2
"""  # noqa: S608 - made of constants
_FILES = "update uploads set ticket_id = $1 where message_id = any($2)"
_TO_SEND = "update outbox set ticket_id = $1 where message_id = any($2)"
_FORGET = f"delete from messages where ticket_id = $1 and kind = 'note' and meta -> '{EVENT}' ->> 'move_id' = $2"  # noqa: S608 - made of constants
_UNDONE = f"""
update messages set meta = jsonb_set(meta, '{{{EVENT},undone}}', 'true')
where ticket_id = any($1) and meta -> '{EVENT}' ->> 'move_id' = $2
"""  # noqa: S608 - made of constants
_RENAME = "update tickets set merged_into = $2 where merged_into = $1"
_NAME_AGAIN = """
with recursive names as (
  select source_id as id from moves where kind = 'merge' and undone_at is null and target_id = $1
  union select v.source_id from moves v join names n on v.target_id = n.id
  where v.kind = 'merge' and v.undone_at is null
)
update tickets set merged_into = $1 where id in (select id from names) and merged_into is not null
"""
_ELSEWHERE = "select count(*) from messages where ticket_id = $1 and id <> all($2) and kind <> 'note'"


class Moves:
    """The moves of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def join(self, source_id: TicketId, target_id: TicketId) -> tuple[Place, ...]:
        """Put all messages of one ticket between those of another, by time; return where they stood."""
        places = await self._places(source_id)
        await self._session.driver.execute(_ASIDE, source_id, target_id)
        await self._session.driver.execute(_JOIN, source_id, target_id)
        await self._take_along(target_id, places)
        return places

    async def take(
        self, source_id: TicketId, target_id: TicketId, ids: Sequence[MessageId], *, after: int
    ) -> tuple[Place, ...]:
        """Take messages out of a ticket into another, after a place of it; return where they stood."""
        places = await self._places(source_id, list(ids))
        await self._session.driver.execute(_TAKE, source_id, target_id, [p.id for p in places], after)
        await self._take_along(target_id, places)
        return places

    async def bring_back(self, move: Move) -> tuple[Place, ...]:
        """Put moved messages back where they stood, those that are still there; return where they stood since."""
        since = await self._places(move.target_id, [place.id for place in move.places])
        ids, seqs = [place.id for place in move.places], [place.seq for place in move.places]
        await self._session.driver.execute(_BRING_BACK, move.source_id, move.target_id, ids, seqs)
        await self._take_along(move.source_id, since)
        return since

    async def _places(self, ticket_id: TicketId, ids: list[MessageId] | None = None) -> tuple[Place, ...]:
        rows = await self._session.driver.fetch(_PLACES, ticket_id, ids)
        return tuple(Place(row["id"], row["seq"]) for row in rows)

    async def _take_along(self, ticket_id: TicketId, places: Sequence[Place]) -> None:
        for statement in (_FILES, _TO_SEND):
            await self._session.driver.execute(statement, ticket_id, [place.id for place in places])

    async def forget_lines(self, ticket_id: TicketId, move: Move) -> None:
        """Remove what stands in a ticket in the place of messages that come back."""
        await self._session.driver.execute(_FORGET, ticket_id, str(move.id))

    async def add(self, move: Move) -> None:
        """Keep a move."""
        await self._session.run(moves.insert().values(**_to_row(move)))

    async def last_to_undo(self, ticket_id: TicketId, kind: MoveKind, *, other_end: bool = False) -> Move | None:
        """Return the last move out of a ticket that was not undone, or into it at its other end."""
        end = moves.c.target_id if other_end else moves.c.source_id
        statement = select(moves).where(end == ticket_id, moves.c.kind == kind.value, moves.c.undone_at.is_(None))
        row = await self._session.row(statement.order_by(moves.c.id.desc()).limit(1))
        return _to_move(row) if row else None

    async def undone(self, move: Move, *, now: datetime) -> None:
        """Mark a move as undone, and the lines that tell of it."""
        await self._session.run(update(moves).where(moves.c.id == move.id).values(undone_at=now))
        await self._session.driver.execute(_UNDONE, [move.source_id, move.target_id], str(move.id))

    async def rename(self, source_id: TicketId, target_id: TicketId) -> None:
        """Let what was merged into one ticket lead to another, into which that one is merged."""
        await self._session.driver.execute(_RENAME, source_id, target_id)

    async def name_again(self, source_id: TicketId) -> None:
        """Let what was merged into a ticket lead to it again."""
        await self._session.driver.execute(_NAME_AGAIN, source_id)

    async def elsewhere(self, ticket_id: TicketId, known: Collection[MessageId]) -> int:
        """Count the messages of a ticket that are none of these, without notes."""
        return int(await self._session.driver.fetchval(_ELSEWHERE, ticket_id, list(known)))


def _to_row(move: Move) -> dict[str, Any]:
    places = [[str(place.id), place.seq] for place in move.places]
    before, target = _standing_row(move.before), move.target_before and _standing_row(move.target_before)
    row = asdict(move) | {"kind": move.kind.value, "places": places}
    return row | {"before": before, "target_before": target}


def _standing_row(standing: Standing) -> dict[str, Any]:
    values = asdict(standing) | {"state": standing.state.value}
    return values | {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}


def _to_move(row: Mapping[str, Any]) -> Move:
    values = {name: row[name] for name in ("id", "source_id", "target_id", "at", "reason")}
    return Move(
        **values,
        kind=MoveKind(row["kind"]),
        by=ManagerId(row["by"]) if row["by"] else None,
        places=tuple(Place(MessageId(UUID(each[0])), each[1]) for each in row["places"]),
        before=_to_standing(row["before"]),
        target_before=_to_standing(row["target_before"]) if row["target_before"] else None,
    )


def _to_standing(value: Mapping[str, Any]) -> Standing:
    moments = {
        name: datetime.fromisoformat(value[name]) if value[name] else None
        for name in ("waiting_since", "snoozed_until", "solved_at")
    }
    return Standing(**{**value, **moments, "state": State(value["state"])})
