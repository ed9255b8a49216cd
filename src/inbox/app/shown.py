"""How messages are shown today, and what they were made from: HTML is cleaned again when the rules have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inbox.app.intake import Door, understood_apart
from inbox.app.passed_on import PASSED_ON_BY
from inbox.app.ports import Unit
from inbox.channel.contract import Cleans, Connection
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
        connection = (await door.inboxes.get(message.inbox_id)).connection
    except InboxError:
        return message  # an inbox that cannot be opened knows no rules
    if not isinstance(connection, Cleans) or message.meta.get("cleaner") == connection.cleaner:
        return message
    return await _cleaned_again(door, connection, message)


async def _cleaned_again(door: Door, connection: Connection, message: Message) -> Message:
    """Clean a message anew from what arrived, and keep that; what is unreadable by now is shown as its text."""
    async with door.units.reading() as unit:
        stored = await unit.originals.get(message.original_id) if message.original_id else None
    if stored is None:
        return message
    try:
        found = await understood_apart(door, connection, stored.original)
    except Unavailable:
        return message
    except MessageUnreadable:
        return replace(message, html=None)
    today = _as_today(message, found)
    async with door.units() as unit:
        await unit.messages.keep_shown(today)
    return today


def _as_today(message: Message, found: Sequence[Received]) -> Message:
    # An id that somebody used twice is stored with a tail.
    same = (each for each in found if message.external_id and message.external_id.startswith(each.external_id))
    received = next(same, None)
    if received is not None and PASSED_ON_BY in message.meta:
        return _passed_on(message, received)
    if received is None:
        return replace(message, html=None)
    by_rules = {name: received.meta.get(name) for name in BY_RULES}
    return replace(message, html=received.html, quoted=received.quoted, meta=message.meta | by_rules)


def _passed_on(message: Message, cover: Received) -> Message:
    """Return somebody's message that a manager passed on: the cover above it was never part of it."""
    if cover.forwarded is None:
        return replace(message, html=None)
    by_rules = {"cleaner": cover.meta.get("cleaner")}
    return replace(message, html=cover.forwarded.html, quoted=cover.forwarded.quoted, meta=message.meta | by_rules)
