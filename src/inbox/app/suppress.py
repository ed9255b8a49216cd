"""Keeps us from writing to addresses that nobody is behind: found out by refusals and bounces, lifted by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.app.ports import Unit
from inbox.app.views import moment
from inbox.channel.model import Undelivered
from inbox.domain.ids import TicketId
from inbox.domain.message import Message
from inbox.domain.recipients import Fate, Recipient
from inbox.domain.suppression import Suppression
from inbox.errors import Suppressed

_REASON = 500  # characters


def suppression_view(suppression: Suppression) -> dict[str, Any]:
    """Show an address that is not written to."""
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "at": moment(suppression.at),
        "ticket_id": str(suppression.ticket_id) if suppression.ticket_id else None,
    }


async def suppress_gone(unit: Unit, message: Message, failures: Iterable[Undelivered], *, now: datetime) -> None:
    """Put whom a message never reached for good on the list; nobody whom the message was not for.

    A report can be written by anybody who saw the mail that it is about: it silences nobody else.
    """
    ours = {each.key for each in message.recipients}
    for failure in failures:
        address = failure.recipient.strip().casefold()
        if failure.gone and failure.permanent and address in ours:
            await suppress(unit, address, failure.reason, message.ticket_id, now=now)


async def suppress(unit: Unit, address: str, reason: str, ticket_id: TicketId | None = None, *, now: datetime) -> None:
    """Put an address on the list."""
    await unit.suppressions.put(Suppression(address.strip().casefold(), reason[:_REASON], now, ticket_id))


async def check_reachable(unit: Unit, recipients: Sequence[Recipient]) -> None:
    """Raise Suppressed if a message is to go to somebody whom it cannot reach: its writer is to know before."""
    gone = await unit.suppressions.among([each.key for each in recipients if each.state is None])
    if gone:
        raise Suppressed("; ".join(f"{each.address}: {each.reason}" for each in gone.values()))


async def leave_out(unit: Unit, message: Message) -> Message:
    """Return a message with those marked as failed who were found out since it was written."""
    gone = await unit.suppressions.among([each.key for each in message.recipients if each.state is None])
    return replace(message, recipients=tuple(_left_out(each, gone.get(each.key)) for each in message.recipients))


def _left_out(recipient: Recipient, suppression: Suppression | None) -> Recipient:
    if suppression is None or recipient.state is not None:
        return recipient
    return replace(recipient, state=Fate.FAILED, note=suppression.reason)
