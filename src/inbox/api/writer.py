"""Who writes: the manager behind a request, with what writing needs."""

from __future__ import annotations

from inbox.api.auth import Caller
from inbox.app.outgoing import Blobs
from inbox.app.ports import Unit
from inbox.app.reply import Desk


async def desk_of(unit: Unit, caller: Caller, blobs: Blobs) -> Desk:
    """Return the desk of the manager who calls; raise Forbidden for a program, which speaks for nobody."""
    return Desk(await unit.managers.find(caller.me), caller.access, blobs)
