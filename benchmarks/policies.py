"""What others do, to hold ours against: first come first served, and round robin. Who may take what is as with us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox.domain.assignment import Choice, Work, refusal
from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import TeamId
from inbox.domain.manager import Manager
from inbox.domain.reasons import Reason
from inbox.domain.rehearsal import Policy

_SAYS = Reason("a baseline")


def by_arrival(works: Sequence[Work], *, now: datetime) -> list[Work]:
    """Return who came first, first."""
    return sorted(works, key=lambda work: (work.waiting_since, str(work.ticket_id)))


def first_come(
    works: Sequence[Work], managers: Sequence[Manager], *, teams: Mapping[TeamId, Team], now: datetime
) -> list[Choice]:
    """Give whoever is done the oldest piece that they may take: one queue, one piece at a time."""
    idle = [manager for manager in managers if not manager.load]
    found = []
    for work in by_arrival(works, now=now) if idle else ():
        able = [manager for manager in idle if refusal(manager, work, teams=teams, now=now) is None]
        if able:
            chosen = min(able, key=lambda manager: (manager.assigned_at is not None, manager.assigned_at))
            idle.remove(chosen)
            found.append(Choice(work.ticket_id, chosen.id, _SAYS, Mode.ASSIGN))
    return found


@dataclass(slots=True)
class RoundRobin:
    """Deals what comes to those who are there in turn, however much they hold."""

    turn: int = 0

    def decide(
        self, works: Sequence[Work], managers: Sequence[Manager], *, teams: Mapping[TeamId, Team], now: datetime
    ) -> list[Choice]:
        """Deal all that somebody may take."""
        found = []
        for work in by_arrival(works, now=now):
            for manager in (*managers[self.turn :], *managers[: self.turn]):
                if refusal(replace(manager, load=0), work, teams=teams, now=now) is None:
                    self.turn = managers.index(manager) + 1
                    found.append(Choice(work.ticket_id, manager.id, _SAYS, Mode.ASSIGN))
                    break
        return found


def baselines() -> dict[str, Policy]:
    """Return the policies of others, as they begin."""
    return {"fcfs": Policy(first_come, by_arrival), "round_robin": Policy(RoundRobin().decide, by_arrival)}
