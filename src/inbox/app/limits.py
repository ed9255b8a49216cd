"""How often something may be tried before somebody has to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.app.ports import Unit
from inbox.domain.credentials import hash_of

_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries within a time that begins with the first."""

    name: str
    most: int
    within: timedelta = _QUARTER


PASSWORD_OF_ACCOUNT = Limit("password-account", 10)
PASSWORD_FROM_NETWORK = Limit("password-network", 30)
LINK_FROM_NETWORK = Limit("link-network", 30)
RESET_FROM_NETWORK = Limit("reset-network", 10)
RESET_OF_ACCOUNT = Limit("reset-account", 3, timedelta(hours=1))

Counted = tuple[Limit, str]  # a limit, and whom it is counted for


async def spend(unit: Unit, *counted: Counted, now: datetime) -> timedelta:
    """Count one try for each; return how long to wait, nothing if it may go on.

    The unit must commit either way, or else the try was never counted; so the edge refuses after it.
    """
    waits = [await _wait(unit, limit, who, now=now) for limit, who in counted]
    return max(waits)


async def take_back(unit: Unit, *counted: Counted) -> None:
    """Forget one try for each: it was no guess."""
    for limit, who in counted:
        await unit.auth.forgive(_key(limit, who))


async def _wait(unit: Unit, limit: Limit, who: str, *, now: datetime) -> timedelta:
    count, since = await unit.auth.count(_key(limit, who), within=limit.within, now=now)
    return since + limit.within - now if count > limit.most else timedelta()


def _key(limit: Limit, who: str) -> str:
    # What people type into the field for their address is now and then their password.
    return f"{limit.name}:{hash_of(who).hex()[:32]}"
