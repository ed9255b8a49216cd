"""Routing in virtual time, by the shipped functions: against queueing theory, and against what others do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from random import Random
from typing import Any
from uuid import UUID

from benchmarks import week
from benchmarks.erlang import Skilled, mean_wait
from benchmarks.estimates import estimated
from benchmarks.policies import baselines
from benchmarks.processes import say
from inbox.domain.assignment import Work
from inbox.domain.ids import ContactId, InboxId, ManagerId, TicketId
from inbox.domain.manager import EVERYTHING, FULL_PERSON, Manager, Role
from inbox.domain.rehearsal import SHIPPED, Arrival, Person, Wait, rehearse

_WEEKS = 20  # one for each seed
_START = datetime(2026, 1, 1, tzinfo=UTC)
_INBOX = InboxId(UUID(int=1))
_END = datetime(2200, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_WARM = 0.05  # of the arrivals, until the queue has forgotten that it began empty

TARGETS = {"comments": 60, "chat": 1, "email": 240, "telephony": 30}  # minutes
WEIGHTS = {"comments": 10, "chat": 30, "email": 10, "telephony": 100}


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that theory knows: rates of arrival by skill, the skills of each server; the mean service takes 1."""

    name: str
    arrivals: Mapping[str, float]
    skills: Sequence[frozenset[str]]
    waits: Mapping[str, float]  # mean ones by skill; "": of all
    number: int  # of arrivals: so many that the mean is known to about two percent


def queues() -> list[Queue]:
    """Return plain ones and ones with skills, at 60 to 70 percent load."""
    a, b = frozenset("a"), frozenset("b")
    apart, beside = {"a": 1.2, "b": 2.8}, [a] * 2 + [b] * 4
    mixed, crew = {"a": 1.0, "b": 2.5}, [a | b, a | b, b, b, b]
    return [
        Queue("M/M/1", {"a": 0.6}, [a], {"a": mean_wait(1, 0.6, 1)}, 150_000),
        Queue("M/M/5", {"a": 3.5}, [a] * 5, {"a": mean_wait(5, 3.5, 1)}, 700_000),
        Queue("M/M/2 beside M/M/4", apart, beside, {"a": mean_wait(2, 1.2, 1), "b": mean_wait(4, 2.8, 1)}, 900_000),
        Queue("M/M/5, two of whom can do more", mixed, crew, {"": Skilled(mixed, crew, 1).mean_wait()}, 600_000),
    ]


def against_theory() -> dict[str, Any]:
    """Return by how much mean waits differ from theory at most, and each with its 95 percent confidence."""
    with _workers() as workers:
        every = [row for rows in workers.map(_held_against, queues()) for row in rows]
    for row in every:
        say(f"  {row['queue']}, {row['skill']}: {row['wait']} of {row['theory']}, +- {row['confidence']:.1%}")
    return {"mmc_wait_error": max(row["error"] for row in every), "mmc": every}


def _workers() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn"))


def _held_against(queue: Queue) -> list[dict[str, Any]]:
    people = [Person(_manager(n, skills=tuple(skills)), ((_START, _END),)) for n, skills in enumerate(queue.skills)]
    arrivals = list(_poisson(queue))
    waits = {wait.work.ticket_id: wait.waited / _MINUTE for wait in rehearse(arrivals, people, teams={}, until=_END)}
    return [_row(queue, skill, arrivals[int(queue.number * _WARM) :], waits) for skill in queue.waits]


def _row(queue: Queue, skill: str, arrivals: Sequence[Arrival], waits: Mapping[TicketId, float]) -> dict[str, Any]:
    own = [arrival for arrival in arrivals if skill in {"", *arrival.work.skills}]
    rate = queue.arrivals[skill] if skill else sum(queue.arrivals.values())
    seen = [
        (
            waits[arrival.work.ticket_id],
            (arrival.work.waiting_since - before.work.waiting_since) / _MINUTE - 1 / rate,
            arrival.handling / _MINUTE - 1,
        )
        for before, arrival in pairwise(own)
    ]
    mean, confidence = estimated(seen)
    theory = queue.waits[skill]
    return {
        "queue": queue.name,
        "skill": skill or "all",
        "theory": round(theory, 4),
        "wait": round(mean, 4),
        "error": round(abs(mean / theory - 1), 4),
        "confidence": round(confidence / theory, 4),
    }


def _poisson(queue: Queue) -> Iterator[Arrival]:
    random = Random(f"queue {queue.name}")  # noqa: S311 - a simulation
    skills, rates = list(queue.arrivals), list(queue.arrivals.values())
    at = _START
    for n in range(queue.number):
        at += _MINUTE * random.expovariate(sum(rates))
        (skill,) = random.choices(skills, rates)
        work = _work(n, "telephony", at, target=_END - _START, weight=FULL_PERSON, skills=(skill,))
        yield Arrival(work, _MINUTE * random.expovariate(1))


def against_others() -> dict[str, Any]:
    """Return how many miss their target over many weeks, and by how much at most, compared to what others do."""
    weeks = [_week(seed) for seed in range(_WEEKS)]
    say(f"  {_WEEKS} weeks of {sum(map(len, weeks)) // _WEEKS} conversations")
    with _workers() as workers:
        names = ("ours", *baselines())
        ours, *rest = workers.map(_played, [weeks] * len(names), names)
    others = dict(zip(baselines(), rest, strict=True))
    fcfs = others["fcfs"]
    return {
        "miss_ratio_to_round_robin": round(ours.missed / others["round_robin"].missed, 3),
        "miss_ratio_to_fcfs": round(ours.missed / fcfs.missed, 3),
        "overrun_ratio_to_fcfs": round(ours.overrun / fcfs.overrun, 3),
        "weeks": _WEEKS,
        "ours": ours.shown(),
        **{name: played.shown() for name, played in others.items()},
    }


@dataclass(frozen=True, slots=True)
class Played:
    """What came of several weeks under one policy."""

    weeks: tuple[tuple[Wait, ...], ...]

    @property
    def missed(self) -> int:
        """Return how many missed the target of their channel."""
        return sum(wait.is_missed for wait in self._every())

    @property
    def overrun(self) -> timedelta:
        """Return by how much one was late at most."""
        return max(wait.overrun for wait in self._every())

    def shown(self) -> dict[str, Any]:
        """Return the figures of an average week."""
        every = list(self._every())
        return {
            "missed": round(self.missed / len(self.weeks), 1),
            "largest_overrun_min": round(self.overrun / _MINUTE),
            "channels": {channel: _of_channel(every, channel, len(self.weeks)) for channel in week.CHANNELS},
        }

    def _every(self) -> Iterator[Wait]:
        return (wait for waits in self.weeks for wait in waits)


def _of_channel(waits: Iterable[Wait], channel: str, weeks: int) -> dict[str, float]:
    own = [wait for wait in waits if wait.work.channel == channel]
    minutes = sorted(wait.waited / _MINUTE for wait in own)
    return {
        "missed": round(sum(wait.is_missed for wait in own) / weeks, 1),
        "median_min": round(minutes[len(minutes) // 2], 1),
        "p90_min": round(minutes[len(minutes) * 9 // 10], 1),
    }


def _played(weeks: Sequence[Sequence[Arrival]], name: str) -> Played:
    people = [
        Person(_manager(n, languages=colleague.languages), week.attendance(colleague))
        for n, colleague in enumerate(week.COLLEAGUES)
    ]
    end = week.MONDAY + timedelta(days=14)
    policies = (baselines().get(name, SHIPPED) for _ in weeks)
    return Played(
        tuple(
            tuple(rehearse(arrivals, people, teams={}, until=end, policy=policy))
            for arrivals, policy in zip(weeks, policies, strict=True)
        )
    )


def _week(seed: int) -> list[Arrival]:
    return [_arrival(n, conversation) for n, conversation in enumerate(week.told(seed))]


def _arrival(n: int, said: week.Conversation) -> Arrival:
    target = _MINUTE * TARGETS[said.channel]
    work = _work(n, said.channel, said.at, target=target, weight=WEIGHTS[said.channel], language=said.language)
    return Arrival(work, said.handling, ContactId(UUID(int=said.contact)))


def _work(n: int, channel: str, at: datetime, *, target: timedelta, **more: Any) -> Work:  # noqa: ANN401 - of a Work
    return Work(
        ticket_id=TicketId(UUID(int=n)),
        inbox_id=_INBOX,
        channel=channel,
        waiting_since=at,
        due_at=at + target,
        target=target,
        **more,
    )


def _manager(n: int, **more: Any) -> Manager:  # noqa: ANN401 - of a Manager
    return Manager(ManagerId(UUID(int=n + 1)), f"m{n}@crowd.example", f"M {n}", Role.MANAGER, access=EVERYTHING, **more)
