"""Signing in and out, and the sessions in between.

Three steps, since hashing takes long and no transaction may wait for it: `begin` in a unit, `prove` outside of any,
`open_session` in a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.app import passwords
from inbox.app.limits import PASSWORD_FROM_NETWORK, PASSWORD_OF_ACCOUNT, Counted, spend, take_back
from inbox.app.ports import Unit
from inbox.domain.credentials import Account, hash_of, new_token
from inbox.domain.ids import ManagerId
from inbox.errors import LimitReached, NotSignedIn


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who says who they are; already counted."""

    account: Account | None  # None: nobody has this address
    counted: tuple[Counted, ...]
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Proved:
    """Somebody who knew the password, and the hash that it fitted."""

    manager_id: ManagerId
    password_hash: str


async def begin(unit: Unit, email: str, network: str, *, now: datetime) -> Attempt:
    """Count an attempt, for the account and for where it comes from, and look the account up."""
    counted = ((PASSWORD_OF_ACCOUNT, email.strip().lower()), (PASSWORD_FROM_NETWORK, network))
    wait = await spend(unit, *counted, now=now)
    return Attempt(await unit.auth.account(email), counted, wait)


async def prove(attempt: Attempt, password: str) -> Proved:
    """Check the password; raise LimitReached or NotSignedIn.

    Unknown, invited, deactivated and wrong look the same, in words and in time.
    """
    if attempt.wait:
        raise LimitReached(attempt.wait)
    account = attempt.account
    known = account.password_hash if account else None
    right = await passwords.fits(known, password)
    if account is None or known is None or not right or not account.active:
        raise NotSignedIn("The e-mail address or the password is wrong.")
    return Proved(account.manager_id, known)


async def open_session(
    unit: Unit, proved: Proved, *, agent: str | None, now: datetime, before: str | None = None
) -> str:
    """Open a session and return its token; a session that the browser had before ends.

    The token is always a new one: an attacker who planted one in the browser gains nothing (session fixation).
    """
    if before is not None:
        await unit.auth.end_session(hash_of(before))
    token = new_token()
    opened = await unit.auth.open_session(
        hash_of(token), proved.manager_id, proof=proved.password_hash, agent=(agent or "")[:200], now=now
    )
    if not opened:  # deactivated, or another password, since it was proved
        raise NotSignedIn
    return token


async def welcome(unit: Unit, attempt: Attempt) -> None:
    """Take the attempt back: a right password is no guess, however often it is typed."""
    await take_back(unit, *attempt.counted)


async def change_password(unit: Unit, manager_id: ManagerId, password_hash: str) -> Proved:
    """Store a new password; every session and link of the manager ends."""
    await unit.auth.set_password(manager_id, password_hash)
    await unit.auth.end_sessions(manager_id)
    await unit.auth.end_links(manager_id)
    return Proved(manager_id, password_hash)
