"""Who writes, and to whom: the manager behind a request, with what writing needs."""

from __future__ import annotations

from inbox.api.auth import Caller
from inbox.api.bodies import NewForward, NewMessage, NewTicket
from inbox.api.services import Services
from inbox.app.ports import Unit
from inbox.app.reply import Desk
from inbox.domain.recipients import Recipient, Role


async def desk_of(unit: Unit, caller: Caller, at_hand: Services, *, addressing: bool = False) -> Desk:
    """Return the desk of the manager who calls; raise Forbidden for a program, which speaks for nobody."""
    own = await at_hand.inboxes.addresses(unit) if addressing else frozenset[str]()
    return Desk(await unit.managers.find(caller.me), caller.access, at_hand.blobs, own, at_hand.door.languages)


def people_of(body: NewMessage | NewForward | NewTicket) -> tuple[Recipient, ...]:
    """Return whom a message is to go to besides, or instead of, the contact alone."""
    to = [] if isinstance(body, NewTicket) else body.to
    parts = ((Role.TO, to), (Role.CC, body.cc), (Role.BCC, body.bcc))
    return tuple(Recipient(each.address, each.name, role) for role, people in parts for each in people)
