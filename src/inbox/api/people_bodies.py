"""The bodies of signing in, people and keys."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from inbox.api.bodies import Language, Strict, Version, Words
from inbox.domain.campaign import Mode
from inbox.domain.credentials import Scope
from inbox.domain.manager import Availability, Role


def _clean(text: str) -> str:
    """PostgreSQL holds no NUL, and control characters in a name are somebody's trick."""
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("must not hold control characters")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True), AfterValidator(_clean)]
# One @ and no more: what is compared and mailed is this very text (CVE-2020-1772: no wildcards, no lists).
Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        strip_whitespace=True,
        pattern=r'^[^@\s<>"(),:;\\%*\x00-\x20\x7f]+@[^@\s<>"(),:;\\%*\x00-\x20\x7f]+$',
    ),
]
# Longer than a password may be: its length is judged where the sentence about it is known, before it is hashed.
Password = Annotated[str, StringConstraints(max_length=4096)]
Token = Annotated[str, StringConstraints(min_length=20, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
Locale = Literal["en", "de"]
Capacity = Annotated[StrictInt, Field(ge=0, le=1000, description="in hundredths of a person at work")]
Weights = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=60)], Annotated[StrictInt, Field(ge=1, le=1000)]],
    Field(max_length=30, description="by channel: how much of them a ticket takes, in hundredths, if not as usual"),
]
Languages = Annotated[list[Language], Field(max_length=20)]
Ids = Annotated[list[UUID], Field(max_length=500)]


class Setup(Strict):
    """The first administrator."""

    token: Token
    name: Name
    email: Email
    password: Password
    locale: Locale = "en"
    start: Literal["demo", "empty"] = "empty"


class Credentials(Strict):
    """Who signs in."""

    email: Annotated[str, StringConstraints(max_length=254)]
    password: Password


class MeChange(Strict):
    """What managers change about themselves."""

    name: Name | None = None
    locale: Locale | None = None
    availability: Availability | None = None
    languages: Languages | None = None
    capacity: Capacity | None = None


class PasswordChange(Strict):
    """Another password, proved with the present one."""

    current: Password
    new: Password


class OpenedLink(Strict):
    """The token of a link."""

    token: Token


class AcceptedLink(Strict):
    """What makes an invitation or a reset good."""

    token: Token
    password: Password
    name: Name | None = None
    locale: Locale | None = None


class Forgotten(Strict):
    """Whose password is forgotten."""

    email: Annotated[str, StringConstraints(max_length=254)]


class Invitation(Strict):
    """A new manager."""

    email: Email
    name: Name
    role: Role = Role.MANAGER
    inboxes: Ids | None = Field(default_factory=list, description="null: all of them")
    campaigns: Ids | None = Field(None, description="null: all of them")
    locale: Locale = "en"


class ManagerChange(Strict):
    """What changes of a manager, as seen at `version`."""

    version: Version
    role: Role | None = None
    active: StrictBool | None = None
    capacity: Capacity | None = None
    languages: Languages | None = None
    weights: Weights | None = None
    skills: Words | None = None
    availability: Availability | None = None
    inboxes: Ids | None = Field(None, description="null: all of them")
    campaigns: Ids | None = Field(None, description="null: all of them")


class TeamFields(Strict):
    """What is known of a team; fields that are left out stay as they are."""

    name: Name | None = None
    members: Ids | None = None
    mode: Mode | None = None
    skills: Words | None = Field(None, description="of all its members")
    overflow_to: Ids | None = Field(None, description="teams that help")
    overflow_after: Annotated[StrictInt, Field(ge=0, le=1000, description="percent of the target")] | None = None
    offer_for: Annotated[StrictInt, Field(ge=5, le=3600, description="seconds")] | None = None


class NewTeam(TeamFields):
    """A new team."""

    name: Name


class TeamChange(TeamFields):
    """What changes of a team, as seen at `version`."""

    version: Version


class NewApiKey(Strict):
    """A key for another program."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    inboxes: Ids | None = Field(None, description="null: all of them")
