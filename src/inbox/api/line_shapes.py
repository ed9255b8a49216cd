"""The shapes of what is said about a message: why it is where it is, and what happened to its ticket."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from inbox.api.shape import Shape

Id = str


class LineShape(Shape):
    """What a note says that is but a line about its ticket."""

    name: Literal["merged", "moved_back", "split_from", "moved_to", "planned"]
    ticket_id: Id = Field(description="the other ticket; of an answer that was planned here, this one")
    number: int = Field(description="of the other ticket")
    count: int = Field(description="how many messages were moved with it")
    move_id: Id = Field(description="lines of one move have the same; of an answer that was planned here, its message")
    reason: str | None
    undone: bool = False


class PassedOverShape(Shape):
    """A ticket that something spoke for, and why the message is not there."""

    number: int
    by: Literal["token", "reference", "thread", "number", "away", "flood"] | None
    why: Literal["weaker", "not_theirs", "too_old"] | None


class ThreadingShape(Shape):
    """Why a message is in this ticket."""

    by: Literal["token", "reference", "thread", "number", "away", "flood"] | None = Field(
        description="what decided: our signed mark, an answered message, the number in the subject, an out-of-office "
        "answer of who has it open, one of too many automatic ones; null: nothing spoke for a ticket"
    )
    passed_over: list[PassedOverShape]
    flood: bool = Field(
        description="one of more than ten automatic ones of its sender within an hour: asks for nothing"
    )
    passed_on_by: str | None = Field(description="the manager who forwarded it; their own words are a note beside it")
