"""The shapes of the load board and of reasons, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from inbox.api.shapes import Id, ReasonShape, Shape, Time

HowName = Literal[
    "assigned", "claimed", "given", "offered", "accepted", "declined", "silent", "released", "handed_over"
]

RefusalName = Literal["offline", "away", "busy", "not_permitted", "other_team", "declined", "skill", "language", "full"]


class HandShape(Shape):
    """A line of a ticket's history: through whose hands it went."""

    at: Time
    how: HowName
    manager_id: Id
    by: Id | None = Field(description="null: the service")
    why: ReasonShape | None


class MayShape(Shape):
    """Whether the service would give a ticket to a manager now."""

    manager_id: Id
    refusal: RefusalName | None = Field(description="null: they may take it")


class WhyShape(Shape):
    """Why a ticket is where it is."""

    assigned: ReasonShape | None = Field(description="null: nobody has it")
    waiting: ReasonShape | None = Field(description="why nobody has it yet; null: somebody has, or nobody needs to")
    lane: ReasonShape | None = Field(description="why it is in its lane; null: a person chose it")
    routed: ReasonShape | None = Field(description="which rules decided, and what; null: none did")
    history: list[HandShape]
    managers: list[MayShape]


class HeldShape(Shape):
    """A ticket that somebody has, or is offered."""

    id: Id
    number: int
    channel: str
    state: Literal["open", "waiting"]
    subject: str | None
    contact: str | None
    last_line: str
    language: str | None
    priority: int
    weight: int
    offered: bool
    waiting_since: Time | None
    due_at: Time | None
    assigned_at: Time | None


class AtWorkShape(Shape):
    """A manager, and what they are on."""

    id: Id
    name: str
    availability: Literal["online", "busy", "away", "offline"]
    load: int
    capacity: int
    holds: dict[str, int]
    languages: list[str]
    skills: list[str]
    teams: list[Id]
    tickets: list[HeldShape]


class WaitingShape(Shape):
    """What waits in a channel and language."""

    channel: str
    language: str | None
    count: int
    oldest: Time | None = Field(description="since when the oldest waits")
    due_at: Time | None = Field(description="the nearest deadline")


class BoardShape(Shape):
    """Who is on what, and what waits."""

    at: Time
    managers: list[AtWorkShape]
    waiting: list[WaitingShape]
