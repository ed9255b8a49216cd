"""What queueing theory says of waiting: exact means to hold a simulation against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations


def mean_wait(servers: int, arrivals: float, services: float) -> float:
    """Return the mean wait of M/M/c (Erlang C), for rates of arrival and of service by one server."""
    offered = arrivals / services
    blocked = 1.0  # Erlang B, by its recursion
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    waits = blocked / (1 - offered / servers * (1 - blocked))
    return waits / (servers * services - arrivals)


@dataclass(frozen=True, slots=True)
class Skilled:
    """Servers with skills: first come first served, and of idle servers the longest idle (FCFS-ALIS).

    I. Adan and G. Weiss, "A skill based parallel service system under FCFS-ALIS: steady state, overloads, and
    abandonments", Stochastic Systems 4 (2014): the stationary distribution has a product form.
    """

    arrivals: Mapping[str, float]  # rate by type of customer
    skills: Sequence[frozenset[str]]  # of each server
    services: float  # rate of each server

    def mean_wait(self) -> float:
        """Return the mean wait over all types."""
        weight = waiting = 0.0
        for busy, idle in self._states():
            inner = self._idle(idle)
            for n in range(len(busy)):
                inner /= self._rate(busy[: n + 1])
            ratios = [self._only(busy[: n + 1]) / self._rate(busy[: n + 1]) for n in range(len(busy))]
            for ratio in ratios:
                inner /= 1 - ratio  # the sum over how many wait behind this server
            weight += inner
            waiting += inner * sum(ratio / (1 - ratio) for ratio in ratios)
        return waiting / weight / sum(self.arrivals.values())

    def _states(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        for order in permutations(range(len(self.skills))):
            for busy in range(len(order) + 1):
                yield order[:busy], order[busy:]

    def _idle(self, idle: Sequence[int]) -> float:
        product = 1.0
        for n in range(len(idle)):
            served = frozenset[str]().union(*(self.skills[server] for server in idle[n:]))
            product /= sum(self.arrivals[kind] for kind in served)
        return product

    def _rate(self, servers: Sequence[int]) -> float:
        return self.services * len(servers)

    def _only(self, servers: Sequence[int]) -> float:
        """Return the rate of those whom nobody but these servers can serve."""
        others = [skills for n, skills in enumerate(self.skills) if n not in servers]
        return sum(rate for kind, rate in self.arrivals.items() if not any(kind in skills for skills in others))
