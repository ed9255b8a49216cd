"""A dramatic week on a crowd platform, as a seed tells it: who asks for an answer when and where, and who is there.

Three campaigns, 300 active people, four managers, from Monday 23 March 2026 on: a launch, a delayed delivery, a payment
failure, an end. Arrivals are Poisson in steps of a minute, for each campaign and channel: base x hour x weekday plus
bursts. Conversations that ask for no answer (praise, spam) are left out: they lie in other lanes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 23, tzinfo=BERLIN).astimezone(UTC)
_MINUTES = 167 * 60  # summer time begins on Sunday
_PEOPLE = 300

CHANNELS = ("comments", "chat", "email", "telephony")
HANDLING = {"comments": 2.0, "chat": 2.5, "email": 5.0, "telephony": 5.0}  # minutes, on average


@dataclass(frozen=True, slots=True)
class Conversation:
    """Somebody asks for an answer."""

    at: datetime
    channel: str
    campaign: str
    language: str
    contact: int
    handling: timedelta


@dataclass(frozen=True, slots=True)
class Colleague:
    """A manager of the week: what they speak, on which weekdays and from when to when they are there."""

    name: str
    languages: tuple[str, ...]
    days: range  # Monday is 0
    begins: float  # hours of the local day
    ends: float


COLLEAGUES = (
    Colleague("Aylin", ("de", "en", "tr"), range(5), 9, 17.5),
    Colleague("Jonas", ("de", "en"), range(5), 7, 15),
    Colleague("Claire", ("fr", "en"), range(1, 6), 12, 20),
    Colleague("Tomasz", ("de", "en", "pl"), range(2, 7), 14, 22),
)


@dataclass(frozen=True, slots=True)
class _Campaign:
    base: tuple[float, ...]  # new conversations an hour, by channel
    languages: Mapping[str, float]
    asking: float  # share that asks for an answer
    starts: float = 0.0  # hours of the week; a tenth of the traffic before


@dataclass(frozen=True, slots=True)
class _Burst:
    """What is added to a campaign: so many an hour at the peak, by channel, halved in so many minutes."""

    campaign: str
    peak: float  # hours of the week
    adds: Mapping[str, tuple[float, float]]
    asking: float
    shape: str = "decay"  # decay | box (for so many minutes) | ramp (before the peak)


_CAMPAIGNS = {
    "lumi": _Campaign((1.40, 0.35, 0.55, 0.12), {"de": 0.62, "en": 0.26, "fr": 0.12}, 0.79),
    "brotzeit": _Campaign((1.10, 0.30, 0.25, 0.02), {"de": 0.55, "en": 0.25, "fr": 0.20}, 0.88, starts=34),
    "kuestenwind": _Campaign((0.50, 0.30, 0.45, 0.20), {"de": 0.80, "en": 0.12, "fr": 0.08}, 0.91),
}
_BURSTS = (
    _Burst("brotzeit", 34, {"comments": (60, 60), "chat": (14, 45), "email": (6, 120)}, 0.84),
    _Burst("lumi", 66.5, {"comments": (80, 40), "chat": (10, 60), "email": (12, 180)}, 0.86),
    _Burst(
        "kuestenwind",
        84 + 1 / 6,
        {"comments": (24, 30), "chat": (30, 30), "email": (16, 60), "telephony": (10, 30)},
        1.0,
        "box",
    ),
    # Sunday 20:00, an hour earlier by the clock of the week: summer time has begun.
    _Burst("lumi", 163, {"comments": (70, 90), "chat": (16, 60), "email": (5, 240)}, 0.64, "ramp"),
    _Burst("lumi", 163, {"comments": (70, 45), "chat": (16, 30), "email": (8, 90)}, 0.66),
)
_SPAM = {"comments": 0.03, "chat": 0.01, "email": 0.06, "telephony": 0.0}
_HOURS: dict[str, Sequence[float]] = {
    "comments": (
        *(0.25, 0.15, 0.1, 0.1, 0.1, 0.2, 0.5, 0.9, 1.1, 1.2, 1.2, 1.2),
        *(1.4, 1.2, 1, 1, 1.1, 1.3, 1.6, 1.9, 2, 1.8, 1.2, 0.6),
    ),
    "chat": (
        *(0.1, 0.05, 0.02, 0.02, 0.02, 0.1, 0.3, 0.8, 1.3, 1.6, 1.7, 1.6),
        *(1.4, 1.3, 1.4, 1.4, 1.4, 1.4, 1.4, 1.5, 1.5, 1.1, 0.6, 0.3),
    ),
    "email": (
        *(0.3, 0.2, 0.1, 0.1, 0.1, 0.3, 0.7, 1.2, 1.7, 1.9, 1.8, 1.6),
        *(1.2, 1.3, 1.4, 1.4, 1.3, 1.1, 1, 1, 1.1, 1.1, 0.9, 0.5),
    ),
    "telephony": (0, 0, 0, 0, 0, 0, 0, 0.2, 1.6, 3.6, 3.8, 3.2, 1.8, 1.9, 3, 2.6, 1.6, 0.7, 0, 0, 0, 0, 0, 0),
}
_WEEKDAYS: dict[str, Sequence[float]] = {
    "comments": (1, 1.05, 1, 1, 0.9, 0.95, 1.1),
    "chat": (1.15, 1.15, 1.1, 1.05, 0.95, 0.75, 0.85),
    "email": (1.35, 1.25, 1.15, 1.1, 1, 0.55, 0.6),
    "telephony": (1.5, 1.35, 1.3, 1.25, 1.2, 0.2, 0.2),
}


def told(seed: int) -> list[Conversation]:
    """Return the conversations of a week in the order of time; the same seed tells the same week."""
    random = Random(f"week {seed}")  # noqa: S311 - a crowd, not a secret
    weights = list(accumulate(min(random.paretovariate(1.2), 25.0) for _ in range(_PEOPLE)))
    found = [
        _conversation(random, at, channel, campaign, weights)
        for campaign in _CAMPAIGNS
        for channel in CHANNELS
        for at in _moments(random, campaign, channel)
    ]
    return sorted(found, key=lambda conversation: conversation.at)


def attendance(colleague: Colleague, weeks: int = 2) -> tuple[tuple[datetime, datetime], ...]:
    """Return when a manager is there: this week and those after, in which what is left over is answered."""
    return tuple(
        (_local(day, colleague.begins), _local(day, colleague.ends))
        for day in range(7 * weeks)
        if day % 7 in colleague.days
    )


def _conversation(random: Random, at: datetime, channel: str, campaign: str, weights: Sequence[float]) -> Conversation:
    languages = _CAMPAIGNS[campaign].languages
    (contact,) = random.choices(range(_PEOPLE), cum_weights=weights)
    (language,) = random.choices(list(languages), list(languages.values()))
    # Two exponential halves: handling varies, but hardly ever takes no time at all.
    minutes = random.gammavariate(2, HANDLING[channel] / 2)
    return Conversation(at, channel, campaign, language, contact, timedelta(minutes=minutes))


def _moments(random: Random, campaign: str, channel: str) -> Iterator[datetime]:
    for minute in range(_MINUTES):
        for _ in range(_poisson(random, _asking(campaign, channel, minute) / 60)):
            yield MONDAY + timedelta(minutes=minute + random.random())


def _asking(campaign: str, channel: str, minute: int) -> float:
    """Return how many conversations an hour begin in this minute that ask for an answer."""
    own = _CAMPAIGNS[campaign]
    local = (MONDAY + timedelta(minutes=minute)).astimezone(BERLIN)
    hours = _HOURS[channel]
    rate = own.base[CHANNELS.index(channel)] * hours[local.hour] / sum(hours) * 24
    rate *= _WEEKDAYS[channel][local.weekday()] * (1 if minute >= own.starts * 60 else 0.1)
    added = sum(_added(burst, channel, minute) * burst.asking for burst in _BURSTS if burst.campaign == campaign)
    return rate * own.asking * (1 - _SPAM[channel]) + added


def _added(burst: _Burst, channel: str, minute: int) -> float:
    if channel not in burst.adds:
        return 0.0
    height, length = burst.adds[channel]
    since = minute - burst.peak * 60
    if burst.shape == "box":
        return height if 0 <= since < length else 0.0
    since = -since if burst.shape == "ramp" else since
    return float(height * 0.5 ** (since / length)) if since >= 0 else 0.0


def _poisson(random: Random, mean: float) -> int:
    """Draw by Knuth's product of uniforms, which is quick for small means."""
    floor, drawn, product = math.exp(-mean), 0, random.random()
    while product > floor:
        drawn, product = drawn + 1, product * random.random()
    return drawn


def _local(day: int, hour: float) -> datetime:
    wall = MONDAY.astimezone(BERLIN).replace(tzinfo=None) + timedelta(days=day, hours=hour)
    return wall.replace(tzinfo=BERLIN).astimezone(UTC)
