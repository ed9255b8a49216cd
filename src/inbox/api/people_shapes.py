"""The shapes of answers about people, keys and sessions, and how they are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from inbox.api.json import time_text
from inbox.api.shapes import Shape
from inbox.domain.credentials import ApiKey
from inbox.domain.manager import Manager

RoleName = Literal["manager", "lead", "admin"]
AvailabilityName = Literal["online", "busy", "away", "offline"]


class SetupShape(Shape):
    """Whether the first administrator is still to come."""

    needed: bool


class MeShape(Shape):
    """The manager who asks."""

    id: str
    name: str
    email: str
    role: RoleName
    locale: Literal["en", "de"]
    availability: AvailabilityName
    capacity: int = Field(description="in hundredths of a person at work")
    load: int = Field(description="what they hold, weighted, in the same unit")
    holds: dict[str, int] = Field(description="how many tickets of each channel")
    weights: dict[str, int]
    skills: list[str]
    teams: list[str]
    languages: list[str]
    inboxes: list[str] | None = Field(description="null: all of them")
    campaigns: list[str] | None = Field(description="null: all of them")
    version: int


class LinkShape(Shape):
    """What a one-time link is good for, and whom."""

    purpose: Literal["invite", "reset"]
    email: str
    name: str


class ManagerShape(Shape):
    """A colleague."""

    id: str
    name: str
    email: str | None = Field(description="for leads and administrators")
    role: RoleName
    active: bool
    availability: AvailabilityName
    capacity: int
    load: int
    holds: dict[str, int]
    weights: dict[str, int]
    skills: list[str]
    teams: list[str]
    languages: list[str]
    inboxes: list[str] | None
    campaigns: list[str] | None
    version: int


class InvitedShape(Shape):
    """A new manager, and their link where no mail could bring it."""

    manager: ManagerShape
    link: str | None


class ResetShape(Shape):
    """A new link, where no mail could bring it."""

    link: str | None


class TeamShape(Shape):
    """A team."""

    id: str
    name: str
    members: list[str]
    mode: Literal["assign", "offer", "pull"]
    skills: list[str]
    overflow_to: list[str]
    overflow_after: int = Field(description="percent of the target")
    offer_for: int = Field(description="seconds")
    version: int


class ApiKeyShape(Shape):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    inboxes: list[str] | None
    created_by: str | None
    created_at: str
    used_at: str | None


class NewApiKeyShape(ApiKeyShape):
    """A new key with its text, shown this once."""

    secret: str


def me_view(manager: Manager) -> dict[str, Any]:
    """Show managers themselves."""
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email,
        "role": manager.role.value,
        "locale": manager.locale,
        **_work_of(manager),
    }


def manager_view(manager: Manager, *, with_email: bool) -> dict[str, Any]:
    """Show a colleague."""
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email if with_email else None,
        "role": manager.role.value,
        "active": manager.active,
        **_work_of(manager),
    }


def _work_of(manager: Manager) -> dict[str, Any]:
    access = manager.access
    return {
        "availability": manager.availability.value,
        "capacity": manager.capacity,
        "load": manager.load,
        "holds": manager.holds,
        "weights": manager.weights,
        "skills": manager.skills,
        "teams": sorted(manager.teams),
        "languages": manager.languages,
        "inboxes": None if access.inboxes is None else sorted(access.inboxes),
        "campaigns": None if access.campaigns is None else sorted(access.campaigns),
        "version": manager.version,
    }


def api_key_view(key: ApiKey) -> dict[str, Any]:
    """Show a key without its secret."""
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(scope.value for scope in key.scopes),
        "inboxes": None if key.access.inboxes is None else sorted(key.access.inboxes),
        "created_by": key.created_by,
        "created_at": time_text(key.created_at),
        "used_at": time_text(key.used_at) if key.used_at else None,
    }
