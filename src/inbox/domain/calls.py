"""Telephone calls: facts in any order and number, merged into one state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar


class CallState(StrEnum):
    """What became of a call so far."""

    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    VOICEMAIL = "voicemail"
    MISSED = "missed"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    NO_ANSWER = "no_answer"


_T = TypeVar("_T", int, datetime)

WANTS_CALLBACK = frozenset({CallState.MISSED, CallState.VOICEMAIL, CallState.BUSY, CallState.REJECTED})
_NEVER = datetime.max.replace(tzinfo=UTC)
_BY_CAUSE = {"busy": CallState.BUSY, "rejected": CallState.REJECTED, "failed": CallState.FAILED}


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of one call; every field may still be unknown."""

    inbound: bool = True
    caller: str | None = None  # E.164, or None when withheld
    callee: str | None = None  # E.164
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    missed: bool = False  # the source said so itself
    duration: int | None = None  # seconds of talk
    cause: str | None = None
    cause_at: datetime | None = None
    manager: str | None = None  # as the telephone system calls the one who answered first
    manager_at: datetime | None = None
    voicemail: bool = False
    recording_url: str | None = None
    transcript: str | None = None

    @property
    def state(self) -> CallState:
        """Derive the state from the merged facts, never from the last one."""
        if self.voicemail:
            return CallState.VOICEMAIL
        if self.answered_at or self.duration:
            # Where several telephones ring, one may be reported missed while another one is talking.
            return CallState.COMPLETED if self.ended_at or not self.answered_at else CallState.ANSWERED
        if self.ended_at is None and not self.missed:
            return CallState.RINGING
        unanswered = CallState.MISSED if self.inbound else CallState.NO_ANSWER
        return _BY_CAUSE.get(self.cause or "", unanswered)

    @property
    def wants_callback(self) -> bool:
        """Tell whether somebody who called us was not heard, and can be called, or left words that may say how."""
        can_be_heard = self.caller is not None or self.voicemail
        return self.inbound and can_be_heard and self.state in WANTS_CALLBACK


def merge(one: Call, other: Call) -> Call:
    """Join the facts of two reports of one call; the order and number of reports do not matter."""
    first_cause = min(one, other, key=lambda c: _known_then_earliest(c.cause, c.cause_at))
    first_answer = min(one, other, key=lambda c: _known_then_earliest(c.manager, c.manager_at))
    return Call(
        inbound=one.inbound and other.inbound,
        caller=_either(one.caller, other.caller),
        callee=_either(one.callee, other.callee),
        started_at=_least(one.started_at, other.started_at),
        answered_at=_least(one.answered_at, other.answered_at),
        ended_at=_most(one.ended_at, other.ended_at),
        missed=one.missed or other.missed,
        duration=_most(one.duration, other.duration),
        cause=first_cause.cause,
        cause_at=first_cause.cause_at,
        manager=first_answer.manager,
        manager_at=first_answer.manager_at,
        voicemail=one.voicemail or other.voicemail,
        recording_url=_either(one.recording_url, other.recording_url),
        transcript=_longest(one.transcript, other.transcript),
    )


def _known_then_earliest(word: str | None, at: datetime | None) -> tuple[bool, datetime, bool, str]:
    """Order a word that is known first, then by its time; equals are settled by the word, so that merging commutes."""
    return (not word, at or _NEVER, at is None, word or "")


def _either(one: str | None, other: str | None) -> str | None:
    """Prefer what is known; two different words are settled by order, so that merging commutes."""
    return min((v for v in (one, other) if v), default=None)


def _longest(one: str | None, other: str | None) -> str | None:
    return max((v for v in (one, other) if v), key=lambda v: (len(v), v), default=None)


def _least(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((v for v in (one, other) if v is not None), default=None)


def _most(one: _T | None, other: _T | None) -> _T | None:
    return max((v for v in (one, other) if v is not None), default=None)
