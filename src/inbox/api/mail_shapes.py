"""The shapes of what only mails bring."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from inbox.api.shape import Shape


class AttendeeShape(Shape):
    """Somebody in an invitation."""

    name: str | None
    address: str
    answer: Literal["accepted", "declined", "tentative"] | None = Field(description="null: none yet")


class InvitationShape(Shape):
    """What an invitation to an appointment says."""

    method: Literal["request", "cancel", "reply", "counter", "publish"] = Field(
        description="asks, calls off, answers, proposes another time, or only tells"
    )
    summary: str | None
    starts: str | None = Field(description="in UTC; without a `Z` in nobody knows which zone; a date for whole days")
    ends: str | None = Field(description="likewise; for whole days the last of them")
    location: str | None
    organizer: AttendeeShape | None
    people: list[AttendeeShape] = Field(description="the first fifty")
    invited: int
    answer: Literal["accepted", "declined", "tentative"] | None = Field(description="of this inbox's own address")
    repeats: Literal["daily", "weekly", "monthly", "yearly"] | None


class PicturesShape(Shape):
    """The pictures of a message that are elsewhere."""

    held_back: int = Field(description="that could be fetched; pictures of one pixel never are")
    sender: str | None = Field(description="whose are or may always be fetched; null: not known to be theirs")
    always: bool


class SealShape(Shape):
    """How a message was protected by its sender; nothing of it was checked here."""

    kind: Literal["signed", "encrypted"]
    by: Literal["smime", "pgp"]


class ReadShape(Shape):
    """Somebody who has a message before them."""

    by: str = Field(description="their address")
    how: Literal["displayed", "deleted"] = Field(description="deleted: without having been read")
    at: str = Field(description="RFC 3339 in UTC")


class PictureSenderShape(Shape):
    """Somebody whose pictures are always fetched."""

    address: str
    since: str = Field(description="RFC 3339 in UTC")
