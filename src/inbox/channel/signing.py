"""Ticket tokens: our own signed mark, which comes back in an address or a reference and proves what it answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

from inbox.domain.ids import TicketId

_PURPOSE = b"inbox/ticket-token/1"  # a key signs nothing else under this prefix
_TICKET = 16  # bytes of a UUID
_MAC = 10  # bytes; 80 bits, so that a token fits into the 64 characters of a local part (RFC 5321 section 4.5.3.1.1)

# Base32 in lower case: mail servers and people change the case of local parts, and never that of what has none.
TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{42}(?![a-z0-9])", re.IGNORECASE)


def ticket_token(key: bytes, ticket: TicketId) -> str:
    """Return the mark by which an answer finds its ticket; it tells nothing and cannot be made without the key."""
    return encoded(ticket.bytes) + encoded(_mac(key, ticket.bytes))


def ticket_of(key: bytes, token: str) -> TicketId | None:
    """Return the ticket that a token proves; None for any token that this key never signed."""
    if not TOKEN.fullmatch(token):
        return None
    ticket, mac = decoded(token[:26]), decoded(token[26:])
    if not hmac.compare_digest(mac, _mac(key, ticket)) or token.lower() != encoded(ticket) + encoded(mac):
        return None
    return TicketId(UUID(bytes=ticket))


def find_ticket(key: bytes, text: str) -> TicketId | None:
    """Return the first ticket that a token anywhere in `text` proves."""
    tickets = (ticket_of(key, token) for token in TOKEN.findall(text))
    return next((ticket for ticket in tickets if ticket is not None), None)


def encoded(value: bytes) -> str:
    """Return bytes in lower-case base32 without padding: safe in an address, whatever happens to its case."""
    return base64.b32encode(value).decode("ascii").rstrip("=").lower()


def decoded(text: str) -> bytes:
    """Read `encoded` back; raise ValueError for anything else."""
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def _mac(key: bytes, ticket: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + ticket, hashlib.sha256).digest()[:_MAC]
