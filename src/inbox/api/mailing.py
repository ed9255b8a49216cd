"""Hands one-time links to their people: by mail, or where no mail server is set, on the terminal."""

from __future__ import annotations

from contextlib import suppress

import structlog

from inbox.api.services import Services
from inbox.app import limits, managers
from inbox.app.letters import letter_of
from inbox.app.links import link_url
from inbox.domain.credentials import Purpose
from inbox.domain.manager import Manager
from inbox.errors import InboxError, Unavailable

log = structlog.get_logger()


async def mail_link(here: Services, manager: Manager, purpose: Purpose, token: str) -> str | None:
    """Mail a link; return it instead where it has to be handed over by a person."""
    url = link_url(here.edge.public_url, purpose, token)
    if here.edge.postman is None:
        return url
    try:
        await here.edge.postman.send(letter_of(manager, purpose, url))
    except Unavailable:
        log.warning("link.not_mailed", manager=str(manager.id))
        return url
    return None


async def mail_reset(here: Services, email: str) -> None:
    """Make and hand over the link that somebody asked for, if an active manager has the address."""
    with suppress(InboxError):  # nobody is left to be told; the answer was given before
        await _mail_reset(here, email)


async def _mail_reset(here: Services, email: str) -> None:
    now = here.clock()
    async with here.units() as unit:
        wait = await limits.spend(unit, (limits.RESET_OF_ACCOUNT, email.strip().lower()), now=now)
    if wait:
        return
    async with here.units() as unit:
        manager = await unit.managers.by_email(email)
        if manager is None or not manager.active:
            return
        _, purpose, token = await managers.reset(unit, manager.id, now=now)
    url = await mail_link(here, manager, purpose, token)
    if url is not None:
        here.edge.announce(f"{manager.name} asked for a new password: {url}")
