"""The people of a dry run: who was there when, and how long an answer takes them.

Attendance is as recorded. How long an answer takes is measured where there is enough to measure, else assumed; of both
the result tells how much was guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from inbox.app.record_ports import Answer, Attended, Spoken
from inbox.domain.ids import ManagerId
from inbox.domain.manager import Availability, Manager
from inbox.domain.rehearsal import Person

_ENOUGH = 20  # answers of a channel, until what they took counts as measured
_PAUSE = timedelta(minutes=30)  # whoever answered nothing for so long did something else meanwhile
_AROUND = timedelta(minutes=30)  # about an answer, in which somebody was there whose attendance nobody wrote down

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Handling:
    """How long an answer of a channel takes."""

    takes: timedelta
    samples: int  # 0: assumed


def handling_of(spoken: Iterable[Spoken], answers: Iterable[Answer]) -> dict[str, Handling]:
    """Measure what an answer takes: the time since the same person's answer before, where they made no pause."""
    took: dict[str, list[timedelta]] = {}
    for own in _by_manager(answers).values():
        for before, answer in pairwise(own):
            if timedelta(0) < answer.at - before.at <= _PAUSE:
                took.setdefault(answer.channel, []).append(answer.at - before.at)
    kinds = {each.channel: each for each in spoken}
    return {channel: _handling(kinds[channel], took.get(channel, [])) for channel in sorted(kinds)}


def _handling(example: Spoken, took: Sequence[timedelta]) -> Handling:
    if len(took) >= _ENOUGH:
        return Handling(sorted(took)[len(took) // 2], len(took))
    minutes = 2.5 if example.live else 2.0 if example.public else 5.0
    return Handling(timedelta(minutes=minutes), 0)


def people_of(
    managers: Iterable[Manager], attended: Iterable[Attended], answers: Iterable[Answer], period: Span
) -> tuple[list[Person], int]:
    """Return who was there when, and of how many that is only guessed, by their answers."""
    noted: dict[ManagerId, list[Attended]] = {}
    for change in attended:
        noted.setdefault(change.manager_id, []).append(change)
    answered = _by_manager(answers)
    people = [
        Person(m, _noted(noted[m.id], period) if m.id in noted else _guessed(answered.get(m.id, []))) for m in managers
    ]
    there = [person for person in people if person.present]
    return there, sum(person.manager.id not in noted for person in there)


def _by_manager(answers: Iterable[Answer]) -> dict[ManagerId, list[Answer]]:
    found: dict[ManagerId, list[Answer]] = {}
    for answer in answers:
        found.setdefault(answer.manager_id, []).append(answer)
    return found


def _noted(changes: Sequence[Attended], period: Span) -> tuple[Span, ...]:
    since, until = period
    ends = [change.at for change in changes[1:]] + [until]
    return tuple(
        (max(change.at, since), end)
        for change, end in zip(changes, ends, strict=True)
        if change.availability is Availability.ONLINE and end > since
    )


def _guessed(answers: Iterable[Answer]) -> tuple[Span, ...]:
    return tuple(_joined((answer.at - _AROUND, answer.at + _AROUND) for answer in answers))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    last: Span | None = None
    for begin, end in spans:
        if last is not None and begin > last[1]:
            yield last
            last = None
        last = (last[0] if last else begin, end)
    if last is not None:
        yield last
