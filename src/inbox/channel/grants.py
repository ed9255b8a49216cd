"""What an account's owner granted an inbox: kept by the service, sealed, and renewed by one process at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from inbox.errors import ConfigRejected


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens in the channel's own form (JSON); the service neither reads nor shows them."""

    values: Mapping[str, Any] = field(repr=False)
    version: int = 0
    refused: bool = False  # its renewal was: only a person can help


Renew: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Grants(Protocol):
    """Keeps the grant of one inbox."""

    async def current(self) -> Grant | None:
        """Return the grant; None if nobody has consented yet."""

    async def renewed(self, old: Grant, renew: Renew) -> Grant:
        """Replace a grant by what `renew` makes of it, and return it; if somebody was quicker, return theirs.

        A server that rotates its tokens takes each of them once, so that two processes must not renew the same one.
        Raises GrantRefused, from `renew`, and notes it; Unavailable if another process is at it for too long.
        """


class GrantRefused(ConfigRejected):
    """The account's owner has to consent again."""


class NoGrants:
    """Keeps nothing: for settings that are tried before they are saved, and for tests."""

    async def current(self) -> Grant | None:
        return None

    async def renewed(self, old: Grant, renew: Renew) -> Grant:
        return Grant(await renew(old.values), old.version + 1)


@runtime_checkable
class Consents(Protocol):
    """Works for an account whose owner consents to it in a browser (RFC 6749 section 4.1, with PKCE, RFC 7636)."""

    def needs_consent(self) -> bool:
        """Tell whether these settings ask for it."""

    def fits(self, grant: Grant) -> bool:
        """Tell whether a grant was given for these settings; another server must not be sent its tokens."""

    def consent_at(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return where the owner's browser goes."""

    async def redeem(self, code: str, *, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
        """Turn the code that the browser came back with into a grant; raise ConfigRejected or Unavailable."""
