"""Files of visitors: kept when they are uploaded, said with a message, forgotten when they never are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from inbox.app.ports import Unit, Units
from inbox.channel.contract import Connection, TakesFiles
from inbox.channel.model import Capabilities
from inbox.domain.ids import VisitorId
from inbox.domain.message import Attachment
from inbox.errors import LimitReached

WAITS = timedelta(days=1)  # an upload for its message
OF_MANAGERS = timedelta(days=30)  # a draft at the desk may lie longer
_MARGIN = timedelta(hours=1)  # between the last moment at which a file may be said, and the first at which it may go


class Drops(Protocol):
    """Where files lie that nobody needs any more."""

    async def drop(self, sha256: str, *, unless_kept_since: float) -> bool:
        """Remove a content, unless somebody keeps an equal one just now; tell whether it is gone."""


def file_limit(capabilities: Capabilities, connection: Connection) -> int:
    """Return how many bytes a visitor's file may have here; 0 if visitors send none."""
    if not capabilities.attachments or not isinstance(connection, TakesFiles):
        return 0
    return min(capabilities.attachment_limit, connection.file_limit())


async def bytes_left(unit: Unit, visitor_id: VisitorId, *, a_day: int, now: datetime) -> int:
    """Return how much a visitor may still upload; raise LimitReached if that is nothing."""
    _, size = await unit.visitors.uploaded(visitor_id, since=now - WAITS)
    if size >= a_day:
        raise LimitReached(timedelta(hours=1))
    return a_day - size


async def files_for(
    unit: Unit, visitor_id: VisitorId, ids: Sequence[UUID], *, now: datetime
) -> tuple[Attachment, ...] | None:
    """Return a visitor's own uploads for their message; None if one of them is not waiting (any more)."""
    if not ids:
        return ()
    found = await unit.visitors.files(visitor_id, ids, since=now - WAITS)
    return found if len(found) == len(set(ids)) else None


async def forget_abandoned(units: Units, blobs: Drops, *, now: datetime) -> int:
    """Remove what was uploaded and never sent; return how many contents are gone."""
    of_visitors = now - WAITS - _MARGIN
    async with units() as unit:
        unused = await unit.messages.forget_uploads(of_visitors=of_visitors, of_managers=now - OF_MANAGERS)
    return sum([await blobs.drop(each, unless_kept_since=of_visitors.timestamp()) for each in unused])
