"""What somebody of us wrote in another program: it joins its ticket, and is never sent again."""

from __future__ import annotations

from dataclasses import replace

from inbox.app.ports import Placed, Unit
from inbox.channel.model import Received
from inbox.domain.message import Delivery, Message
from inbox.domain.recipients import Fate


def is_written_elsewhere(received: Received) -> bool:
    """Tell whether we wrote it, and not here; calls have rules of their own."""
    return received.outbound and received.call is None


async def answers_contact(unit: Unit, placed: Placed, received: Received) -> bool:
    """Tell whether it answers all that the contact said: it was written to them, and after they spoke last."""
    if placed.is_new:
        return True
    if placed.message.contact_id != placed.ticket.contact_id:
        return False
    last = await unit.messages.last_inbound(placed.ticket.id)
    return last is None or last.at <= received.at


def taken_over(message: Message) -> Message:
    """Return a message of ours whose copy our own mail server keeps: if that was in doubt, it was handed over."""
    if message.delivery is not Delivery.UNCERTAIN:
        return message
    people = tuple(replace(r, state=Fate.SENT) if r.state is Fate.UNCERTAIN else r for r in message.recipients)
    return replace(message, delivery=Delivery.SENT, error=None, recipients=people)
