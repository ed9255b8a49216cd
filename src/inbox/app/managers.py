"""People: invited, changed, deactivated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from inbox.app import handover, links
from inbox.app.ports import Unit
from inbox.app.presence import manager_event
from inbox.domain.credentials import Purpose
from inbox.domain.ids import ManagerId
from inbox.domain.manager import Availability, Manager, Role
from inbox.errors import Conflict, Forbidden, StaleVersion

PEOPLE = "people"  # the lock under which roles change, so that two cannot remove each other
_BY_LEADS = frozenset({"availability", "capacity", "languages", "skills", "weights"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What changes of a manager, as seen at `version`."""

    version: int
    fields: dict[str, Any] = field(default_factory=dict)  # of Manager


async def invite(unit: Unit, manager: Manager, *, now: datetime) -> tuple[Manager, str]:
    """Store a manager who has no password yet; return them and their link's token."""
    if await unit.managers.by_email(manager.email) is not None:
        raise Conflict("A manager has this address already.")
    stored = await unit.managers.add(manager)
    unit.record(manager_event(stored))
    return stored, await links.issue(unit, Purpose.INVITE, stored.id, now=now)


async def reset(unit: Unit, manager_id: ManagerId, *, now: datetime) -> tuple[Manager, Purpose, str]:
    """Make a new link for a manager, to set a first or another password; return its purpose and token."""
    manager = await unit.managers.find(manager_id)
    if not manager.active:
        raise Conflict("This manager is deactivated.")
    account = await unit.auth.account(manager.email)
    purpose = Purpose.RESET if account and account.password_hash else Purpose.INVITE
    return manager, purpose, await links.issue(unit, purpose, manager.id, now=now)


async def change(unit: Unit, manager_id: ManagerId, wish: Wish, *, by: Role, now: datetime) -> Manager:
    """Change a manager; the unit holds the lock `PEOPLE`. Raise Forbidden, StaleVersion or Conflict.

    Who is deactivated is signed out everywhere and gives their tickets back, in the same transaction.
    """
    if not by.includes(Role.ADMIN) and not wish.fields.keys() <= _BY_LEADS:
        raise Forbidden("Only administrators change roles, grants and whether somebody is active.")
    manager = await unit.managers.find(manager_id)
    if manager.version != wish.version:
        raise StaleVersion
    changed = replace(manager, **wish.fields)
    if not changed.active:
        changed = replace(changed, availability=Availability.OFFLINE)
    await _keep_an_admin(unit, manager, changed)
    saved = await unit.managers.save(changed, at=now)
    if manager.active and not saved.active:
        await _remove(unit, saved.id, now=now)
    unit.record(manager_event(await unit.managers.find(saved.id)))
    return await unit.managers.find(saved.id)


async def _keep_an_admin(unit: Unit, before: Manager, after: Manager) -> None:
    if not _administers(before) or _administers(after):
        return
    others = [each for each in await unit.managers.all() if each.id != before.id]
    if not any(_administers(each) for each in others):
        raise Conflict("This is the last administrator.")


def _administers(manager: Manager) -> bool:
    return manager.active and manager.role is Role.ADMIN


async def _remove(unit: Unit, manager_id: ManagerId, *, now: datetime) -> None:
    await unit.auth.end_sessions(manager_id)
    await unit.auth.end_links(manager_id)
    await handover.leave_all(unit, await unit.managers.find(manager_id), now=now)
