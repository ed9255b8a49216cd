"""How much one visitor, and one address, may ask of the chat."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from ipaddress import ip_address

from inbox.api.proxies import network_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; times in seconds."""

    messages: tuple[tuple[int, float], ...] = ((5, 10.0), (20, 60.0))
    frames: tuple[tuple[int, float], ...] = ((100, 10.0),)
    sessions: tuple[tuple[int, float], ...] = ((30, 3600.0),)  # new ones of one address
    asides: tuple[tuple[int, float], ...] = ((6, 60.0), (20, 3600.0))  # names, ratings, ends of one visitor
    files: tuple[tuple[int, float], ...] = ((10, 60.0), (40, 3600.0))  # of one visitor
    files_of_address: tuple[tuple[int, float], ...] = ((120, 3600.0),)
    bytes_a_day: int = 200_000_000  # of one visitor's files
    uploads: int = 3  # of one visitor at once
    upload: float = 300.0
    sockets_of_visitor: int = 10  # tabs
    sockets_of_address: int = 50  # a school behind one address
    hello: float = 5.0
    silence: float = 65.0  # three missed pings
    send: float = 20.0  # until a reader counts as too slow
    faults: int = 10  # frames that were none, until we hang up


class Pace:
    """Counts what happens, and says how long to wait when it is too often."""

    __slots__ = ("_allowed", "_past")

    def __init__(self, allowed: tuple[tuple[int, float], ...]) -> None:
        self._allowed = allowed
        self._past: deque[float] = deque(maxlen=max(count for count, _ in allowed))

    def wait(self, now: float) -> float:
        """Return 0 and count one more, or the seconds until one more is allowed."""
        pause = max(self._until(now, count, span) for count, span in self._allowed)
        if pause <= 0:
            self._past.append(now)
            return 0.0
        return pause

    def is_idle(self, now: float) -> bool:
        """Tell whether everything counted is too old to matter."""
        return not self._past or now - self._past[-1] > max(span for _, span in self._allowed)

    def _until(self, now: float, count: int, span: float) -> float:
        if len(self._past) < count:
            return 0.0
        return self._past[-count] + span - now


@dataclass(slots=True)
class Paces:
    """One pace for each key, forgotten when idle."""

    allowed: tuple[tuple[int, float], ...]
    _of: dict[str, Pace] = field(default_factory=dict)

    def wait(self, key: str, now: float) -> float:
        """Return 0 and count one more for `key`, or the seconds until one more is allowed."""
        if len(self._of) > 10_000:
            self._of = {k: pace for k, pace in self._of.items() if not pace.is_idle(now)}
        return self._of.setdefault(key, Pace(self.allowed)).wait(now)


def counted_address(host: str | None) -> str | None:
    """Return what counts as one address; None for our own machine: a proxy or a test, not a visitor."""
    if not host:
        return None
    try:
        return None if ip_address(host).is_loopback else network_of(host)
    except ValueError:
        return host
