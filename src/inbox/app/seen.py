"""What readers' programs tell of our own messages: that they were shown, or thrown away unread."""

from __future__ import annotations

from dataclasses import replace

from inbox.app.ports import Unit
from inbox.app.views import READ, moment, ticket_event
from inbox.channel.model import Received
from inbox.domain.events import EventType
from inbox.domain.message import Direction, Message
from inbox.domain.ticket import Ticket

_NAMED = 50  # readers of one message


async def mark_seen(unit: Unit, ticket: Ticket, report: Message, received: Received) -> None:
    """Note at a message of ours who has seen it; only one of the report's own ticket, and by nobody unverified."""
    if received.about is None or received.seen is None or report.unverified:
        return
    message = await unit.messages.of_ticket(ticket.id, received.about)
    if message is None or message.direction is not Direction.OUTBOUND:
        return
    who = received.seen.who.casefold()
    read = [each for each in message.meta.get(READ, ()) if each["by"] != who][: _NAMED - 1]
    read.append({"by": who, "how": received.seen.how, "at": moment(received.at)})
    marked = replace(message, meta=message.meta | {READ: read})
    await unit.messages.save(marked)
    unit.record(ticket_event(EventType.MESSAGE_DELIVERY, ticket, marked))
