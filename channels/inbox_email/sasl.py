"""How an access token is shown to a mail server: OAUTHBEARER (RFC 7628), and XOAUTH2, which came before it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Protocol

from inbox_email.wire import Server

BEARERS = ("XOAUTH2", "OAUTHBEARER")  # Google and Microsoft have the first one alone, or describe it first
_SHORT = 300  # characters


class TokenRefused(Exception):
    """The server does not take the access token."""


class Enters(Protocol):
    """A connection that somebody can sign in to."""

    @property
    def methods(self) -> frozenset[str]:
        """The SASL mechanisms that the server offers."""

    async def login(self, user: str, password: str) -> None:
        """Sign in by a password; raise ConfigRejected for a wrong one."""

    async def bear(self, mechanism: str, response: bytes, *, acknowledgement: bytes) -> None:
        """Sign in by an access token; raise TokenRefused."""


async def bearer(client: Enters, mechanism: str, user: str, token: str, *, server: Server) -> None:
    """Show a token; raise TokenRefused."""
    if mechanism == "OAUTHBEARER":
        name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
        text = f"n,a={name},\x01host={server.host}\x01port={server.port}\x01auth=Bearer {token}\x01\x01"
        await client.bear(mechanism, text.encode(), acknowledgement=b"\x01")
    else:
        await client.bear(mechanism, f"user={user}\x01auth=Bearer {token}\x01\x01".encode(), acknowledgement=b"")


def explained(challenge: bytes | str, text: str) -> str:
    """Return a refusal for a person: the status in the server's challenge, base64 of JSON, and its last words."""
    octets = challenge.encode() if isinstance(challenge, str) else challenge
    try:
        found = json.loads(base64.b64decode(octets, validate=True))
    except (binascii.Error, ValueError):
        found = None
    status = found.get("status") if isinstance(found, dict) else None
    return (f"{text} (status {status})" if status else text)[:_SHORT]
