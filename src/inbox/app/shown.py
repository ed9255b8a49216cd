"""How messages are shown today, and what they were made from: HTML is cleaned again when the rules have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inbox.app.arrival import Arrival
from inbox.app.intake import Door, understood_apart
from inbox.app.opened import Opened
from inbox.app.passed_on import PASSED_ON_BY
from inbox.app.ports import Unit
from inbox.app.repeated import without_repeats
from inbox.channel.contract import Cleans
from inbox.channel.model import Received
from inbox.domain.message import BY_RULES, Direction, Message
from inbox.errors import InboxError, MessageUnreadable, NotFound, Unavailable


async def shown_today(door: Door, messages: Sequence[Message]) -> list[Message]:
    """Return messages with their HTML as today's rules clean it."""
    return [await _shown(door, message) if message.html else message for message in messages]


async def raw_of(unit: Unit, message: Message) -> tuple[bytes, str]:
    """Return what a message was understood from, or what leaves for it, with its type; raise NotFound."""
    if message.deleted_at is None and message.original_id is not None:
        stored = await unit.originals.get(message.original_id)
        if stored is not None:
            return stored.original.body, stored.original.content_type
    frozen = await unit.outbox.frozen(message.id) if message.direction is Direction.OUTBOUND else None
    if frozen is None:
        raise NotFound("Nothing is kept from which this message was made.")
    return frozen, "message/rfc822"


async def _shown(door: Door, message: Message) -> Message:
    try:
        opened = await door.inboxes.get(message.inbox_id)
    except InboxError:
        return message  # an inbox that cannot be opened knows no rules
    if not isinstance(opened.connection, Cleans) or message.meta.get("cleaner") == opened.connection.cleaner:
        return message
    return await _cleaned_again(door, opened, message)


async def _cleaned_again(door: Door, opened: Opened, message: Message) -> Message:
    """Clean a message anew from what arrived, and keep that; what is unreadable by now is shown as its text."""
    async with door.units.reading() as unit:
        stored = await unit.originals.get(message.original_id) if message.original_id else None
    if stored is None:
        return message
    try:
        found = await understood_apart(door, opened.connection, stored.original)
    except Unavailable:
        return message
    except MessageUnreadable:
        return replace(message, html=None)
    # An id that somebody used twice is stored with a tail.
    same = (each for each in found if message.external_id and message.external_id.startswith(each.external_id))
    received = next(same, None)
    if received is None:
        return replace(message, html=None)
    async with door.units() as unit:
        today = await _as_today(unit, opened, message, received)
        await unit.messages.keep_shown(today)
    return today


async def _as_today(unit: Unit, opened: Opened, message: Message, received: Received) -> Message:
    if PASSED_ON_BY in message.meta:
        return _passed_on(message, received)
    arrival = await without_repeats(unit, Arrival(opened.inbox, opened.capabilities, received, folds=opened.folds))
    by_rules = {name: received.meta.get(name) for name in BY_RULES}
    folded = arrival.received
    return replace(message, html=folded.html, quoted=folded.quoted, meta=message.meta | by_rules)


def _passed_on(message: Message, cover: Received) -> Message:
    """Return somebody's message that a manager passed on: the cover above it was never part of it."""
    if cover.forwarded is None:
        return replace(message, html=None)
    by_rules = {"cleaner": cover.meta.get("cleaner")}
    return replace(message, html=cover.forwarded.html, quoted=cover.forwarded.quoted, meta=message.meta | by_rules)
