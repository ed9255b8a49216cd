"""What was recorded of a period: who spoke when, who was there, who answered. Read for rehearsals, never written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from inbox.app.record_ports import Answer, Attended, Spoken
from inbox.domain.ids import CampaignId, ContactId, InboxId, ManagerId, TicketId
from inbox.domain.manager import Availability
from inbox.store.database import Session

_LONGEST = 4_000  # characters of a message that rules are shown

# The first word of a contact after ours begins a wait; what they add before our answer does not. A ticket that was last
# touched before the period has nothing in it, so the index on tickets finds the few that count.
_SPOKEN = text("""
    with said as (
        select m.*,
            lag(m.direction) over w as before,
            min(m.at) filter (where m.direction = 'outbound')
                over (w rows between 1 following and unbounded following) as answered_at
        from tickets t join messages m on m.ticket_id = t.id
        where t.updated_at >= :since and m.direction <> 'internal' and not m.meta ? 'acknowledges'
            and m.delivery not in ('scheduled', 'withdrawn')
        window w as (partition by m.ticket_id order by m.seq)
    )
    select t.id, t.inbox_id, t.channel, t.live, t.public, t.campaign_id, t.language, t.follows,
        case when t.lane_by = 'manager' then t.lane end as lane,
        t.contact_id, coalesce(c.roles, '{}') as roles,
        m.at, m.seq, m.subject, left(m.text, :longest) as text, m.call is not null as is_call, m.answered_at
    from said m join tickets t on t.id = m.ticket_id left join contacts c on c.id = t.contact_id
    where m.direction = 'inbound' and m.before is distinct from 'inbound' and m.at >= :since and m.at < :until
    order by m.at, m.id
    limit :limit
""")

_ATTENDED = text("""
    (select distinct on (manager_id) manager_id, at, availability from attendance
        where at < :since order by manager_id, at desc, id desc)
    union all
    (select manager_id, at, availability from attendance where at >= :since and at < :until)
    order by at
""")

_ANSWERS = text("""
    select m.manager_id, t.channel, m.at from tickets t join messages m on m.ticket_id = t.id
    where t.updated_at >= :since and m.direction = 'outbound' and m.manager_id is not null
        and m.delivery not in ('scheduled', 'withdrawn') and m.at >= :since and m.at < :until
    order by m.at
    limit :limit
""")


class Records:
    """The records that one unit of work reads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def spoken(self, since: datetime, until: datetime, *, limit: int) -> list[Spoken]:
        """Return what contacts began to wait for an answer to, in the order of time."""
        asked = _SPOKEN.bindparams(since=since, until=until, limit=limit, longest=_LONGEST)
        return [_to_spoken(row) for row in await self._session.rows(asked)]

    async def attended(self, since: datetime, until: datetime) -> list[Attended]:
        """Return all changes of availability, and how everybody stood when the period began."""
        rows = await self._session.rows(_ATTENDED.bindparams(since=since, until=until))
        return [Attended(ManagerId(row["manager_id"]), row["at"], Availability(row["availability"])) for row in rows]

    async def answers(self, since: datetime, until: datetime, *, limit: int) -> list[Answer]:
        """Return who answered when."""
        rows = await self._session.rows(_ANSWERS.bindparams(since=since, until=until, limit=limit))
        return [Answer(ManagerId(row["manager_id"]), row["channel"], row["at"]) for row in rows]


def _to_spoken(row: Mapping[str, Any]) -> Spoken:
    return Spoken(
        ticket_id=TicketId(row["id"]),
        inbox_id=InboxId(row["inbox_id"]),
        channel=row["channel"],
        at=row["at"],
        seq=row["seq"],
        text=row["text"],
        subject=row["subject"],
        campaign_id=CampaignId(row["campaign_id"]) if row["campaign_id"] else None,
        contact_id=ContactId(row["contact_id"]) if row["contact_id"] else None,
        roles=tuple(row["roles"]),
        language=row["language"],
        lane=row["lane"],
        live=row["live"],
        public=row["public"],
        is_call=row["is_call"],
        continues=row["follows"] is not None,
        answered_at=row["answered_at"],
    )
