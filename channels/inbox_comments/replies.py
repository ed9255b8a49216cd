"""Answers to comments: what is sent, where it may go, and what the platform's answer means. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import orjson

from inbox.channel.host import HttpAnswer
from inbox.channel.model import Outgoing, Receipt
from inbox.channel.reading import moment, optional_section, web_url, words
from inbox.channel.reading import origin as origin_of
from inbox.domain.message import Delivery
from inbox.errors import DeliveryDelayed, DeliveryFailed, DeliveryForbidden, MessageUnreadable

_TRY_AGAIN = frozenset({408, 425, 429})
_NOT_US = frozenset({401, 403})  # our signature, or we altogether
_LONGEST_WORDS = 300  # characters of a platform's explanation
_LONGEST_WAIT = timedelta(days=1)


def address_of(message: Outgoing, allowed: Collection[str], *, now: datetime) -> str:
    """Return where the answer goes; raise DeliveryFailed if the comment takes none or names a foreign address."""
    reply = optional_section(message.parent_meta, "reply")
    url = reply.get("url")
    if not isinstance(url, str) or not url:
        raise DeliveryFailed("The platform gave no address for answers to this comment.")
    if origin_of(url) not in allowed:
        raise DeliveryForbidden("The reply address lies outside the origins that this inbox's settings allow.")
    actions = reply.get("actions")
    if isinstance(actions, list) and actions and "reply" not in actions:
        raise DeliveryFailed("The platform takes no answers to this comment.")
    if _is_over(reply, now):
        raise DeliveryFailed("The platform's time for answering this comment is over.")
    return url


def body_of(message: Outgoing) -> bytes:
    """Return the event `inbox.reply`, byte for byte the same on every try."""
    reply = {
        "action": "reply",
        "comment_id": message.parent_external_id,
        "thread": message.thread,
        "body": {"text": message.text, "format": "text"},
        "agent": {"display_name": message.from_name},
        "client_ref": str(message.id),
    }
    return orjson.dumps({"type": "inbox.reply", "timestamp": message.at, "data": reply}, option=orjson.OPT_UTC_Z)


def receipt_for(answer: HttpAnswer, *, now: datetime) -> Receipt:
    """Read the platform's answer; raise DeliveryDelayed or DeliveryFailed with its own words."""
    if 200 <= answer.status < 300:
        return _receipt(answer)
    said = f"The platform answered {answer.status}: {_explanation(answer.body)}".rstrip(": ")
    if answer.status in _TRY_AGAIN or answer.status >= 500:
        raise DeliveryDelayed(said, retry_after=retry_after(answer.headers.get("retry-after", ""), now=now))
    raise (DeliveryForbidden if answer.status in _NOT_US else DeliveryFailed)(said)


def retry_after(header: str, *, now: datetime) -> timedelta | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3), at most a day; None if it says nothing."""
    if header.isascii() and header.isdigit() and len(header) < 10:
        return min(timedelta(seconds=int(header)), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # the second for a year of twenty digits
        return None
    until = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), _LONGEST_WAIT)


def _is_over(reply: object, now: datetime) -> bool:
    if not isinstance(reply, dict):
        return False
    try:
        expires_at = moment(reply, "expires_at", at="/reply")
    except MessageUnreadable:
        return False
    return expires_at is not None and expires_at <= now


def _receipt(answer: HttpAnswer) -> Receipt:
    made = _object(answer.body)
    name = made.get("id")
    known = str(name) if isinstance(name, str | int) and str(name).strip() else None
    delivery = Delivery.DELIVERED if known else Delivery.SENT  # an id means that the answer stands there
    return Receipt(delivery, external_id=known, note=web_url(made, "permalink"))


def _explanation(body: bytes) -> str:
    problem = _object(body)
    for key in ("detail", "message", "error", "title"):  # RFC 9457 first, then what platforms do
        found = words(problem, key, limit=_LONGEST_WORDS)
        if found:
            return found
    text = " ".join(body[: 4 * _LONGEST_WORDS].decode("utf-8", "replace").replace("\0", "").split())
    return "" if text.startswith("<") else text[:_LONGEST_WORDS]


def _object(body: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
