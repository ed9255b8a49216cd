"""Rehearsal: who would have waited how long, had these arrivals met these people under these rules. Virtual time.

What is decided is decided by the shipped functions. What people do is assumed: they turn to one piece of work at a
time, to the most pressing of what they were given, and bring it to an end, even when their day ends meanwhile; offers
are accepted at once, and where work is to be pulled, whoever has room pulls it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

from inbox.domain.assignment import Choice, Work, changes_at, decide, holding, in_order, weight_for
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import ContactId, ManagerId, TeamId, TicketId
from inbox.domain.manager import Availability, Manager


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody asks for an answer, which will take whoever gives it so long."""

    work: Work
    handling: timedelta
    contact_id: ContactId | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A manager, and when they are there to take work."""

    manager: Manager
    present: tuple[tuple[datetime, datetime], ...]  # from, until


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waited until a manager turned to them."""

    work: Work
    until: datetime  # when that was, or when the rehearsal ended
    is_over: bool  # somebody turned to them before the end
    manager_id: ManagerId | None = None  # who did

    @property
    def waited(self) -> timedelta:
        """Return how long they waited; those of the end may have gone on waiting."""
        return self.until - self.work.waiting_since

    @property
    def overrun(self) -> timedelta:
        """Return how far beyond the deadline that was; negative: in time."""
        return self.until - self.work.due_at

    @property
    def is_missed(self) -> bool:
        """Tell whether the deadline had passed."""
        return self.until > self.work.due_at


class Decides(Protocol):
    """A whole pass: who is given what now."""

    def __call__(
        self, works: Sequence[Work], managers: Sequence[Manager], *, teams: Mapping[TeamId, Team], now: datetime
    ) -> Sequence[Choice]: ...


class Orders(Protocol):
    """What comes first."""

    def __call__(self, works: Sequence[Work], *, now: datetime) -> Sequence[Work]: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How work is given out, and in which order people work off what they were given."""

    decide: Decides = decide
    in_order: Orders = in_order


SHIPPED = Policy()


def rehearse(
    arrivals: Iterable[Arrival],
    people: Iterable[Person],
    *,
    teams: Mapping[TeamId, Team],
    until: datetime,
    policy: Policy = SHIPPED,
) -> list[Wait]:
    """Return how long each arrival waited, in the order in which somebody turned to them; then who still waits.

    Arrivals are taken in the order of time, and only as far as needed.
    """
    pulling = {team_id: replace(team, mode=Mode.ASSIGN) for team_id, team in teams.items()}
    stage = _Stage(policy, pulling, iter(arrivals))
    for person in people:
        stage.expect(person)
    stage.expect_arrival()
    while stage.events and stage.events[0].at <= until:
        stage.step()
    return [*stage.waits, *stage.left(until)]


class _Kind(IntEnum):
    """What happens, in the order in which it counts within a moment: room is made before it is asked for."""

    FINISHED = 0
    LEFT = 1
    CAME = 2
    ARRIVED = 3
    LONGER = 4  # somebody waits so long that others may take the work


class _Event(NamedTuple):
    """Ordered by time, kind and number; no two have the same number, so that the rest is never compared."""

    at: datetime
    kind: _Kind
    number: int
    about: ManagerId | TicketId | Arrival


@dataclass(slots=True)
class _Stage:
    policy: Policy
    teams: Mapping[TeamId, Team]
    arrivals: Iterator[Arrival]
    events: list[_Event] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _waiting: dict[TicketId, Arrival] = field(default_factory=dict)
    _managers: dict[ManagerId, Manager] = field(default_factory=dict)
    _hands: dict[ManagerId, dict[TicketId, Arrival]] = field(default_factory=dict)  # given, not yet turned to
    _doing: dict[ManagerId, Arrival] = field(default_factory=dict)
    _known: dict[ContactId, ManagerId] = field(default_factory=dict)  # who last turned to a contact

    def expect(self, person: Person) -> None:
        """Take a person in, who comes and goes at their hours."""
        manager = replace(person.manager, availability=Availability.OFFLINE, load=0, holds={})
        self._managers[manager.id] = manager
        self._hands[manager.id] = {}
        for begin, end in person.present:
            if begin < end:
                self._plan(begin, _Kind.CAME, manager.id)
                self._plan(end, _Kind.LEFT, manager.id)

    def expect_arrival(self) -> None:
        """Plan the next arrival."""
        arrival = next(self.arrivals, None)
        if arrival is not None:
            self._plan(arrival.work.waiting_since, _Kind.ARRIVED, arrival)

    def step(self) -> None:
        """Go on to the next moment: let happen what happens, give work out, let people turn to it."""
        now = self.events[0].at
        watched: list[TicketId] = []
        while self.events and self.events[0].at == now:
            self._happen(heappop(self.events), watched)
        if self._waiting and self._has_room():
            self._give_out(now)
        for manager_id, hand in self._hands.items():
            if hand and manager_id not in self._doing:
                self._turn_to_next(manager_id, now)
        for ticket_id in watched:
            self._look_again(ticket_id, now)

    def left(self, until: datetime) -> Iterator[Wait]:
        """Yield those whom nobody has turned to."""
        for held in (self._waiting, *self._hands.values()):
            for arrival in held.values():
                yield Wait(arrival.work, until, is_over=False)

    def _plan(self, at: datetime, kind: _Kind, about: ManagerId | TicketId | Arrival) -> None:
        heappush(self.events, _Event(at, kind, next(self._numbers), about))

    def _look_again(self, ticket_id: TicketId, now: datetime) -> None:
        """Plan the moment from which others may take what still waits."""
        arrival = self._waiting.get(ticket_id)
        at = changes_at(arrival.work, now=now) if arrival else None
        if at is not None:
            self._plan(at, _Kind.LONGER, ticket_id)

    def _happen(self, event: _Event, watched: list[TicketId]) -> None:
        if isinstance(event.about, Arrival):
            self._take_in(event.about)
            watched.append(event.about.work.ticket_id)
            self.expect_arrival()
        elif event.kind is _Kind.LONGER:
            watched.append(TicketId(event.about))
        else:
            self._move(event.kind, ManagerId(event.about))

    def _has_room(self) -> bool:
        """Tell whether anybody who is there has anything left of themselves; a pass would be in vain."""
        return any(
            manager.availability is Availability.ONLINE and manager.load < manager.capacity
            for manager in self._managers.values()
        )

    def _take_in(self, arrival: Arrival) -> None:
        work = arrival.work
        knows = self._known.get(arrival.contact_id, work.knows) if arrival.contact_id else work.knows
        team = self.teams.get(work.team.id, work.team) if work.team else None
        if (knows, team) != (work.knows, work.team):
            arrival = replace(arrival, work=replace(work, knows=knows, team=team))
        self._waiting[work.ticket_id] = arrival

    def _move(self, kind: _Kind, manager_id: ManagerId) -> None:
        if kind is _Kind.FINISHED:
            self._put_down(manager_id, self._doing.pop(manager_id).work)
        elif kind is _Kind.CAME:
            self._managers[manager_id] = replace(self._managers[manager_id], availability=Availability.ONLINE)
        else:
            self._managers[manager_id] = replace(self._managers[manager_id], availability=Availability.OFFLINE)
            self._hand_over(manager_id)

    def _hand_over(self, manager_id: ManagerId) -> None:
        for ticket_id, arrival in self._hands[manager_id].items():
            self._put_down(manager_id, arrival.work)
            self._waiting[ticket_id] = arrival
        self._hands[manager_id].clear()

    def _put_down(self, manager_id: ManagerId, work: Work) -> None:
        manager = self._managers[manager_id]
        load = manager.load - weight_for(manager, work)
        holds = {**manager.holds, work.channel: manager.holds[work.channel] - 1}
        self._managers[manager_id] = replace(manager, load=load, holds=holds)

    def _give_out(self, now: datetime) -> None:
        works = [arrival.work for arrival in self._waiting.values()]
        for choice in self.policy.decide(works, list(self._managers.values()), teams=self.teams, now=now):
            arrival = self._waiting.pop(choice.ticket_id)
            self._hands[choice.manager_id][choice.ticket_id] = arrival
            self._managers[choice.manager_id] = holding(self._managers[choice.manager_id], arrival.work, now=now)

    def _turn_to_next(self, manager_id: ManagerId, now: datetime) -> None:
        hand = self._hands[manager_id]
        first = self.policy.in_order([arrival.work for arrival in hand.values()], now=now)[0]
        arrival = self._doing[manager_id] = hand.pop(first.ticket_id)
        if arrival.contact_id is not None:
            self._known[arrival.contact_id] = manager_id
        self.waits.append(Wait(arrival.work, now, is_over=True, manager_id=manager_id))
        self._plan(now + arrival.handling, _Kind.FINISHED, manager_id)
