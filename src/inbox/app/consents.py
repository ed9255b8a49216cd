"""The consent of an account's owner: asked for in a browser, brought back by the same one, kept sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbox.app.inboxes import inbox_event
from inbox.app.opened import Opened
from inbox.app.ports import Unit, Units
from inbox.app.views import moment
from inbox.channel.grants import Consents
from inbox.domain.consent import Asked, ask, hash_of_state
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.domain.manager import Access
from inbox.errors import Conflict, Invalid

CALLBACK = "/oauth/callback"  # a page of the desk: a browser that comes from elsewhere brings no session of ours
_OVER = "This consent was asked for too long ago, or by somebody else, or is answered already. Begin again."


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner's browser came back with."""

    state: str
    code: str | None = None
    error: str | None = None  # "access_denied", …


async def consent_view(unit: Unit, opened: Opened, *, site: str) -> dict[str, Any]:
    """Show whether an inbox needs a consent and has it."""
    connection = opened.connection
    needed = isinstance(connection, Consents) and connection.needs_consent()
    standing = await unit.grants.standing(opened.inbox.id)
    grant = await unit.grants.find(opened.inbox.id) if needed else None
    fits = isinstance(connection, Consents) and grant is not None and connection.fits(grant)
    return {
        "needed": needed,
        "state": _state(given=fits, refused=standing.refused_at is not None) if needed else None,
        "given_at": moment(standing.given_at) if fits else None,
        "redirect_uri": site + CALLBACK,
    }


def _state(*, given: bool, refused: bool) -> str:
    if not given:
        return "missing"
    return "refused" if refused else "given"


async def begin(unit: Unit, opened: Opened, *, by: str, site: str, now: datetime) -> str:
    """Ask for a consent; return where the browser goes."""
    connection = _consenting(opened)
    state, asked = ask(by=by, now=now)
    await unit.grants.ask(opened.inbox.id, asked)
    return connection.consent_at(redirect_uri=site + CALLBACK, state=state, challenge=asked.challenge)


async def take_asked(unit: Unit, answer: Answer, access: Access, *, by: str, now: datetime) -> tuple[InboxId, Asked]:
    """Return the question that is answered, which then is no longer open; raise Invalid if it is not this caller's."""
    found = await unit.grants.take_asked(hash_of_state(answer.state))
    if found is None or not found[1].is_answered_by(answer.state, by=by, now=now) or not access.sees(found[0]):
        raise Invalid(_OVER, pointer="/state")
    return found


async def redeem(units: Units, opened: Opened, asked: Asked, answer: Answer, *, site: str, now: datetime) -> Inbox:
    """Turn an answer into a grant; the far end is asked outside of any transaction."""
    if answer.code is None:
        raise Conflict(f"The consent was not given ({(answer.error or 'no code')[:100]}).")
    connection = _consenting(opened)
    values = await connection.redeem(answer.code, redirect_uri=site + CALLBACK, verifier=asked.verifier)
    async with units() as unit:
        await unit.grants.give(opened.inbox.id, values, now=now)
        return await _begun_anew(unit, opened.inbox.id)


async def forget(unit: Unit, inbox_id: InboxId) -> Inbox:
    """Throw the consent away; the inbox stands still until there is another."""
    await unit.grants.forget(inbox_id)
    return await _begun_anew(unit, inbox_id)


async def _begun_anew(unit: Unit, inbox_id: InboxId) -> Inbox:
    """Let every process open the inbox again, at once and not after a pause."""
    saved = await unit.inboxes.save(await unit.inboxes.find(inbox_id))
    unit.record(inbox_event(saved))
    return saved


def _consenting(opened: Opened) -> Consents:
    connection = opened.connection
    if not isinstance(connection, Consents) or not connection.needs_consent():
        raise Conflict("This inbox needs nobody's consent.")
    return connection
