"""Tells whoever begins a ticket that their message is here, and lets nobody make a weapon of it.

An address can be written by anybody, so what is sent here may reach somebody who never wrote. Hence: one a day for an
address in an inbox and five in all of them together, whatever is written behind a plus; a breaker for an inbox that
would send more than a person's day of them in an hour; and only words of ours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from inbox.app.limits import Limit, spend
from inbox.app.opened import Opened
from inbox.app.outgoing import ACKNOWLEDGES, outgoing
from inbox.app.passed_on import PASSED_ON_BY
from inbox.app.ports import Unit, Units
from inbox.app.receive import Outcome, Taken
from inbox.app.views import ticket_event
from inbox.channel.contract import Prepares
from inbox.channel.model import Acknowledgement, Received
from inbox.domain.contact import IdentityKind
from inbox.domain.events import EventType
from inbox.domain.ids import MessageId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.recipients import Recipient
from inbox.domain.ticket import Ticket, noted
from inbox.errors import Conflict, NotFound, StaleVersion

_DAY = timedelta(days=1)
_ONCE = Limit("acknowledged", 1, _DAY)  # an address in an inbox
_ANYWHERE = Limit("acknowledged-anywhere", 5, _DAY)  # an address in all inboxes
_BREAKER = Limit("acknowledged-inbox", 60, timedelta(hours=1))
_MOMENT = timedelta(minutes=1)  # by which the clocks of mail servers may differ from ours
_NEWS = timedelta(days=1)  # nobody is told of a mail that lay here longer


async def acknowledge(units: Units, opened: Opened, received: Received, taken: Taken, *, now: datetime) -> None:
    """Say that a message is here, if it begins a ticket and nothing speaks against it."""
    ticket, message = taken.ticket, taken.message
    channel = opened.acknowledges
    if channel is None or taken.outcome is not Outcome.STORED:
        return
    if ticket is None or message is None or not _is_news(opened, received, message, now=now):
        return
    words = channel.acknowledgement(ticket.language, ticket.number)
    if words is None or not await _may(units, opened, received.sender.claims[0].value, now=now):
        return
    try:
        async with units() as unit:
            held = await unit.tickets.hold(ticket.id, EVERYTHING)
            await _write(unit, opened, held, _message(held, message, received, words, now=now), now=now)
    except (Conflict, StaleVersion, NotFound):
        return  # somebody is at work on the ticket by now: they say more than a machine


def _is_news(opened: Opened, received: Received, message: Message, *, now: datetime) -> bool:
    """Tell whether a message begins a ticket now: one that lay in the mailbox before the inbox was there is no news."""
    claims = received.sender.claims
    if not received.answerable or message.seq != 1 or message.unverified or PASSED_ON_BY in message.meta:
        return False
    since = max(now - _NEWS, (opened.inbox.created_at or now - _NEWS) - _MOMENT)
    return bool(claims) and claims[0].kind is IdentityKind.EMAIL and received.at >= since


async def _may(units: Units, opened: Opened, address: str, *, now: datetime) -> bool:
    """Count one for the address, and if it may have one, for the inbox: one victim's flood is nobody else's breaker."""
    whose, inbox = one_mailbox(address), str(opened.inbox.id)
    async with units() as unit:
        for counted in ((_ONCE, f"{inbox} {whose}"), (_ANYWHERE, whose), (_BREAKER, inbox)):
            if await spend(unit, counted, now=now):
                return False
    return True


def one_mailbox(address: str) -> str:
    """Return one name for all spellings of an address that arrive in the same mailbox."""
    local, _, domain = address.casefold().rpartition("@")
    local = local.partition("+")[0]
    if domain in {"gmail.com", "googlemail.com"}:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def _message(ticket: Ticket, first: Message, received: Received, words: Acknowledgement, *, now: datetime) -> Message:
    return Message(
        id=MessageId(new_id()),
        ticket_id=ticket.id,
        inbox_id=ticket.inbox_id,
        seq=ticket.last_seq + 1,
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        at=now,
        text=words.text,
        delivery=Delivery.QUEUED,
        subject=words.subject,
        parent_external_id=first.external_id,
        recipients=(Recipient(received.sender.claims[0].value),),
        meta={ACKNOWLEDGES: str(first.id)},
    )


async def _write(unit: Unit, opened: Opened, ticket: Ticket, message: Message, *, now: datetime) -> None:
    """Store it with its way out; the ticket goes on waiting for a person's answer."""
    frozen = None
    if isinstance(opened.connection, Prepares):
        external_id, frozen = opened.connection.prepare(await outgoing(unit, _NoFiles(), ticket, message))
        message = replace(message, external_id=external_id)
    saved = await unit.tickets.save(noted(ticket), now=now)
    await unit.messages.add(message)
    await unit.outbox.add(message.id, ticket.inbox_id, ticket.id, run_at=now, frozen=frozen)
    unit.record(ticket_event(EventType.MESSAGE_QUEUED, saved, message))


class _NoFiles:
    """Where the files of something without files lie."""

    async def read(self, sha256: str) -> bytes:
        raise NotFound(f"There is no file {sha256}.")

    def open(self, sha256: str) -> Path:
        raise NotFound(f"There is no file {sha256}.")
