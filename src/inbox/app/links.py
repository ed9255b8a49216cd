"""One-time links: the first administrator, invitations, new passwords. Tokens travel in a URL's fragment alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.ports import Unit, Units
from inbox.app.sign_in import Proved, change_password
from inbox.domain.credentials import Link, Purpose, hash_of, new_token
from inbox.domain.ids import ManagerId, new_id
from inbox.domain.manager import EVERYTHING, Manager, Role
from inbox.errors import Conflict, NotFound

SETUP = "setup"  # the lock of whoever makes the first administrator
_GONE = "This link does not work any more: it was used, has expired, or a newer one was made."


async def issue(unit: Unit, purpose: Purpose, manager_id: ManagerId | None, *, now: datetime) -> str:
    """Make a link and return its token; older ones for the same die."""
    token = new_token()
    link = Link(hash_of(token), purpose, manager_id, expires_at=now + purpose.lasts)
    await unit.auth.add_link(link, now=now)
    return token


def link_url(public_url: str, purpose: Purpose, token: str) -> str:
    """Return where a browser opens a link; a fragment is sent to no server, so it is in no log."""
    return f"{public_url}/#/{'setup' if purpose is Purpose.SETUP else 'link'}/{token}"


async def first_run_link(units: Units, *, site: str, now: datetime) -> str | None:
    """Return a new link that creates the first administrator; None if there is one."""
    async with units(SETUP) as unit:
        if await unit.managers.any():
            return None
        return link_url(site, Purpose.SETUP, await issue(unit, Purpose.SETUP, None, now=now))


async def reset_link(units: Units, email: str, *, site: str, now: datetime) -> str:
    """Return a new link by which a manager chooses a password; raise NotFound. For the terminal."""
    async with units() as unit:
        manager = await unit.managers.by_email(email)
        if manager is None or not manager.active:
            raise NotFound(f"No active manager has the address {email}.")
        return link_url(site, Purpose.RESET, await issue(unit, Purpose.RESET, manager.id, now=now))


async def open_link(unit: Unit, token: str, *, now: datetime) -> tuple[Link, Manager]:
    """Return a link of a manager that works, without using it up; raise NotFound."""
    link = await unit.auth.find_link(hash_of(token), now=now)
    if link is None or link.manager_id is None:
        raise NotFound(_GONE)
    return link, await _active(unit, link.manager_id)


async def accept(
    unit: Unit, token: str, password_hash: str, *, name: str | None, locale: str | None, now: datetime
) -> Proved:
    """Use a link up and set the password; raise NotFound."""
    link = await unit.auth.use_link(hash_of(token), now=now)
    if link is None or link.manager_id is None:
        raise NotFound(_GONE)
    manager = await _active(unit, link.manager_id)
    if name is not None or locale is not None:
        await unit.managers.save(replace(manager, name=name or manager.name, locale=locale or manager.locale))
    return await change_password(unit, manager.id, password_hash)


async def check_setup(unit: Unit, token: str, *, now: datetime) -> None:
    """Raise unless this token may create the first administrator."""
    link = await unit.auth.find_link(hash_of(token), now=now)
    if link is None or link.purpose is not Purpose.SETUP:
        raise NotFound(_GONE)


async def create_first(unit: Unit, token: str, first: Manager, password_hash: str, *, now: datetime) -> Proved:
    """Create the first administrator; the unit holds the lock `SETUP`. Raise NotFound or Conflict."""
    link = await unit.auth.use_link(hash_of(token), now=now)
    if link is None or link.purpose is not Purpose.SETUP:
        raise NotFound(_GONE)
    if await unit.managers.any():
        raise Conflict("There is an administrator already.")
    await unit.managers.add(first)
    await unit.auth.set_password(first.id, password_hash)
    return Proved(first.id, password_hash)


def first_admin(email: str, name: str, locale: str) -> Manager:
    """Return the first administrator, who may see everything."""
    return Manager(id=ManagerId(new_id()), email=email, name=name, role=Role.ADMIN, locale=locale, access=EVERYTHING)


async def _active(unit: Unit, manager_id: ManagerId) -> Manager:
    manager = await unit.managers.find(manager_id)
    if not manager.active:
        raise NotFound(_GONE)
    return manager
