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
_PROBE = b"inbox/email-probe/1"
_LONGEST_LOCAL = 64  # octets


def message_id(key: bytes, ticket: TicketId, message: MessageId, *, domain: str) -> str:
    """Return the Message-ID of one of our mails; an answer brings it back in In-Reply-To or References."""
    return f"<{ticket_token(key, ticket)}.{encoded(message.bytes)}@{domain}>"


def envelope_id(own_id: str) -> str:
    """Return what a report brings back of one of our mails, also one that returns nothing of it (RFC 3461 section 4.4).

    Its letters need no xtext, and they are fewer than the hundred that an ENVID may have.
    """
    return own_id.strip("<>").partition("@")[0]


def own_id_in(envelope: str | None) -> str | None:
    """Return an id of ours for the ENVID that a report brings back; None for one that we did not give."""
    own_id = f"<{envelope}@envelope.invalid>"
    return own_id if _OWN_ID.fullmatch(own_id) else None


def message_of(own_id: str) -> MessageId | None:
    """Return the message that a Message-ID of ours names."""
    found = _OWN_ID.fullmatch(own_id)
    if found is None:
        return None
    return MessageId(UUID(bytes=decoded(found[1])))


def loop_mark(key: bytes, own_id: str) -> str:
    """Return the mark by which this inbox knows its own mail again, whoever sends it back."""
    return encoded(hmac.new(key, _LOOP + own_id.encode("utf-8", "replace"), hashlib.sha256).digest()[:15])


def probe_mark(key: bytes, address: str) -> str:
    """Return the mark of a mail to ourselves, by which we see whether marked addresses reach us."""
    return "probe." + encoded(hmac.new(key, _PROBE + address.casefold().encode(), hashlib.sha256).digest()[:15])


def marked_address(address: str, mark: str) -> str | None:
    """Return an address with a mark behind a plus; None where that is longer than one may be (RFC 5321, 4.5.3.1.1)."""
    local, _, domain = address.rpartition("@")
    marked = f"{local}+{mark}"
    return f"{marked}@{domain}" if len(marked) <= _LONGEST_LOCAL and "+" not in local else None
