"""The marks that our own mails carry: a Message-ID that names ticket and message, and one against loops."""

from __future__ import annotations

import hashlib
import hmac
import re
from uuid import UUID

from inbox.channel.signing import decoded, encoded, ticket_token
from inbox.domain.ids import MessageId, TicketId

LOOP_FIELD = "x-loop-mark"  # without our name: the crowd never sees it

_OWN_ID = re.compile(r"<[a-z2-7]{42}\.([a-z2-7]{26})@[^<>@\s]+>", re.IGNORECASE)
_LOOP = b"inbox/email-loop/1"


def message_id(key: bytes, ticket: TicketId, message: MessageId, *, domain: str) -> str:
    """Return the Message-ID of one of our mails; an answer brings it back in In-Reply-To or References."""
    return f"<{ticket_token(key, ticket)}.{encoded(message.bytes)}@{domain}>"


def message_of(own_id: str) -> MessageId | None:
    """Return the message that a Message-ID of ours names."""
    found = _OWN_ID.fullmatch(own_id)
    if found is None:
        return None
    return MessageId(UUID(bytes=decoded(found[1])))


def loop_mark(key: bytes, own_id: str) -> str:
    """Return the mark by which this inbox knows its own mail again, whoever sends it back."""
    return encoded(hmac.new(key, _LOOP + own_id.encode("utf-8", "replace"), hashlib.sha256).digest()[:15])
