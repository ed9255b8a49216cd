"""Who gets a ticket, what comes first, and why something still waits.

All is decided from values. Loads and capacities are hundredths of a person; the managers given to a decision carry what
they hold at that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from inbox.domain.campaign import Mode, Team
from inbox.domain.ids import CampaignId, ContactId, InboxId, ManagerId, TeamId, TicketId
from inbox.domain.manager import Availability, Manager
from inbox.domain.reasons import Fact, Reason, in_words
from inbox.domain.ticket import Priority

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_CHANCE = timedelta(hours=4)  # after a missed deadline: the longest target that we ship
STILL_THERE = timedelta(minutes=3)  # whoever has waited for less sits before their screen, late or not


class How(StrEnum):
    """What happened between a ticket and a manager."""

    ASSIGNED = "assigned"
    CLAIMED = "claimed"
    GIVEN = "given"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SILENT = "silent"
    RELEASED = "released"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Hand:
    """A line of a ticket's history: through whose hands it went, and why."""

    ticket_id: TicketId
    contact_id: ContactId | None
    manager_id: ManagerId
    how: How
    at: datetime
    by: ManagerId | None = None  # None: the service
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a decision needs of a ticket that waits for somebody."""

    ticket_id: TicketId
    inbox_id: InboxId
    channel: str
    weight: int
    waiting_since: datetime
    due_at: datetime
    target: timedelta
    campaign_id: CampaignId | None = None
    language: str | None = None  # None: unknown, or nobody of us speaks it
    fallback: tuple[str, ...] = ()  # languages that will do from half the time on
    skills: tuple[str, ...] = ()
    team: Team | None = None
    priority: Priority = Priority.NORMAL
    knows: ManagerId | None = None  # who last answered the contact
    declined: frozenset[ManagerId] = field(default=frozenset())

    def after(self, percent: int) -> datetime:
        """Return when so much of the time for an answer has passed."""
        return self.waiting_since + (self.due_at - self.waiting_since) * percent / 100


class Refusal(StrEnum):
    """Why somebody may not be given a piece of work."""

    OFFLINE = "offline"
    AWAY = "away"
    BUSY = "busy"
    NOT_PERMITTED = "not_permitted"
    OTHER_TEAM = "other_team"
    DECLINED = "declined"
    SKILL = "skill"
    LANGUAGE = "language"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is given a ticket, or offered it, and why."""

    ticket_id: TicketId
    manager_id: ManagerId
    why: Reason
    mode: Mode = Mode.ASSIGN


_ABSENT = {
    Availability.OFFLINE: Refusal.OFFLINE,
    Availability.AWAY: Refusal.AWAY,
    Availability.BUSY: Refusal.BUSY,
}


def refusal(manager: Manager, work: Work, *, teams: Mapping[TeamId, Team], now: datetime) -> Refusal | None:
    """Return why a manager may not be given a piece of work now; None: they may."""
    if not manager.active or manager.availability is not Availability.ONLINE:
        return _ABSENT.get(manager.availability, Refusal.OFFLINE)
    if not manager.access.sees(work.inbox_id, work.campaign_id):
        return Refusal.NOT_PERMITTED
    if work.team is not None and not _helps(manager, work.team, work, now):
        return Refusal.OTHER_TEAM
    if manager.id in work.declined:
        return Refusal.DECLINED
    if work.skills and not set(work.skills) <= skills_of(manager, teams):
        return Refusal.SKILL
    if not _understands(manager, work, now):
        return Refusal.LANGUAGE
    return None if has_room(manager, work) else Refusal.FULL


def weight_for(manager: Manager, work: Work) -> int:
    """Return how much of a manager a piece of work takes."""
    return manager.weights.get(work.channel, work.weight)


def has_room(manager: Manager, work: Work) -> bool:
    """Tell whether a piece fits; whoever has nothing to do may take one, however heavy it is."""
    if manager.capacity <= 0:
        return False
    return manager.load == 0 or manager.load + weight_for(manager, work) <= manager.capacity


def skills_of(manager: Manager, teams: Mapping[TeamId, Team]) -> set[str]:
    """Return a manager's own skills and those of their teams."""
    shared = (skill for team_id in manager.teams if team_id in teams for skill in teams[team_id].skills)
    return {*manager.skills, *shared}


def speaks(manager: Manager, language: str) -> bool:
    """Tell whether a manager speaks a language, whatever its region: who speaks `de` understands `de-AT`."""
    return _tongue(language) in {_tongue(spoken) for spoken in manager.languages}


@lru_cache(maxsize=256)
def _tongue(language: str) -> str:
    return language.partition("-")[0].casefold()


def _helps(manager: Manager, team: Team, work: Work, now: datetime) -> bool:
    if team.id in manager.teams:
        return True
    return not manager.teams.isdisjoint(team.overflow_to) and now >= work.after(team.overflow_after)


def _understands(manager: Manager, work: Work, now: datetime) -> bool:
    if work.language is None or speaks(manager, work.language) or now >= work.due_at:
        return True
    return now >= work.after(50) and any(speaks(manager, other) for other in work.fallback)


def best(work: Work, managers: Sequence[Manager], *, teams: Mapping[TeamId, Team], now: datetime) -> Choice | None:
    """Return who should have a piece of work now: who knows the contact, else who has the most of themselves left."""
    able = [manager for manager in managers if refusal(manager, work, teams=teams, now=now) is None]
    if not able:
        return None
    chosen = min(able, key=lambda manager: (manager.id != work.knows, *_least_busy(manager, work)))
    mode = work.team.mode if work.team else Mode.ASSIGN
    return Choice(work.ticket_id, chosen.id, _why(chosen, work, now), mode)


def _least_busy(manager: Manager, work: Work) -> tuple[float, datetime, str]:
    left = (manager.load + weight_for(manager, work)) / manager.capacity
    return (left, manager.assigned_at or _LONG_AGO, str(manager.id))


def in_order(works: Iterable[Work], *, now: datetime) -> list[Work]:
    """Return what comes first: what is due next, and among what is late what has the nearest second deadline.

    Whoever serves the earliest deadline first turns to what is late already, and so is late for everybody once there is
    too much. What missed its deadline therefore stands behind what can still be in time, but only for a while: it gets
    one second deadline, fixed for good, so that nothing starves. Who wrote a moment ago keeps their place even when
    late. ADR 40 measures it against other orders.
    """
    return sorted(works, key=lambda work: (_next_deadline(work, now), work.waiting_since, str(work.ticket_id)))


def _next_deadline(work: Work, now: datetime) -> datetime:
    return work.due_at if now <= _given_up_at(work) else work.due_at + SECOND_CHANCE


def _given_up_at(work: Work) -> datetime:
    return max(work.due_at, work.waiting_since + STILL_THERE)


def decide(
    works: Iterable[Work], managers: Iterable[Manager], *, teams: Mapping[TeamId, Team], now: datetime
) -> list[Choice]:
    """Return who is given what in one pass, the most pressing first.

    Where a piece only waits until somebody has enough of themselves left, the one who is nearest to that is kept for
    it: else light work would for ever slip in before a heavy one. Of pieces that are alike one that nobody may take
    answers for all.
    """
    left = {manager.id: manager for manager in managers if manager.availability is Availability.ONLINE}
    hopeless: set[object] = set()
    found: list[Choice] = []
    for work in in_order(works, now=now):
        if not left:
            break
        if _is_pulled(work) or _kind_of(work, now) in hopeless:
            continue
        choice = best(work, list(left.values()), teams=teams, now=now)
        if choice is not None:
            found.append(choice)
            left[choice.manager_id] = holding(left[choice.manager_id], work, now=now)
        elif kept := _nearest(work, left.values(), teams=teams, now=now):
            del left[kept.id]
        else:
            hopeless.add(_kind_of(work, now))
    return found


def _is_pulled(work: Work) -> bool:
    return work.team is not None and work.team.mode is Mode.PULL


def _kind_of(work: Work, now: datetime) -> object:
    """Return what decides who may take a piece: pieces of one kind are refused by the same people."""
    team = work.team
    return (
        *(work.inbox_id, work.campaign_id, work.channel, work.weight, work.language, work.skills, work.declined),
        *(team and team.id, team is not None and now >= work.after(team.overflow_after)),
        *(now >= work.after(50), now >= work.due_at),
    )


def _nearest(work: Work, managers: Iterable[Manager], *, teams: Mapping[TeamId, Team], now: datetime) -> Manager | None:
    full = [m for m in managers if m.capacity > 0 and refusal(m, work, teams=teams, now=now) is Refusal.FULL]
    return min(full, key=lambda manager: _least_busy(manager, work), default=None)


def holding(manager: Manager, work: Work, *, now: datetime) -> Manager:
    """Return a manager as they are once they have a piece of work."""
    holds = {**manager.holds, work.channel: manager.holds.get(work.channel, 0) + 1}
    return replace(manager, load=manager.load + weight_for(manager, work), holds=holds, assigned_at=now)


def changes_at(work: Work, *, now: datetime) -> datetime | None:
    """Return when next more people may take a piece of work, only because time passes."""
    moments = [work.after(work.team.overflow_after)] if work.team and work.team.overflow_to else []
    moments += [work.after(50)] if work.language and work.fallback else []
    moments += [work.due_at, _given_up_at(work)]  # any language will do; what is late comes in another place
    return min((moment for moment in moments if moment > now), default=None)


def _why(manager: Manager, work: Work, now: datetime) -> Reason:
    facts: list[Fact] = []
    if work.language is not None:
        spoken = speaks(manager, work.language)
        facts.append({"fact": "speaks" if spoken else "nobody_free_speaks", "language": work.language})
    if manager.id == work.knows:
        facts.append({"fact": "knows_contact"})
    if work.skills:
        facts.append({"fact": "skills", "skills": list(work.skills)})
    if work.team is not None and work.team.id not in manager.teams:
        facts.append({"fact": "overflow", "team_id": str(work.team.id), "team": work.team.name})
    after = holding(manager, work, now=now)
    room_for = max(manager.capacity // max(weight_for(manager, work), 1), 1)
    facts.append({"fact": "holds", "channel": work.channel, "count": after.holds[work.channel], "room_for": room_for})
    facts.append({"fact": "load", "load": after.load, "capacity": manager.capacity})
    facts.append({"fact": "due_in", "seconds": round((work.due_at - now).total_seconds())})
    return in_words(facts)


def why_waiting(work: Work, managers: Iterable[Manager], *, teams: Mapping[TeamId, Team], now: datetime) -> Reason:
    """Return why nobody has a ticket yet: what keeps each of us from it, and what will or would help."""
    facts: list[Fact] = []
    if _is_pulled(work) and work.team is not None:
        facts.append({"fact": "pulled", "team_id": str(work.team.id), "team": work.team.name})
    people = [manager for manager in managers if manager.active]
    found = Counter(refusal(manager, work, teams=teams, now=now) for manager in people)
    able = found.pop(None, 0)
    if able and not facts:
        facts.append({"fact": "next", "count": able})
    facts += [_refused(why, found[why], work) for why in Refusal if why in found]
    facts += _hopes(work, now)
    facts.append({"fact": "waiting", "seconds": round((now - work.waiting_since).total_seconds())})
    facts.append({"fact": "due_in", "seconds": round((work.due_at - now).total_seconds())})
    return in_words(facts)


def _refused(why: Refusal, count: int, work: Work) -> Fact:
    more: dict[str, object] = {}
    if why is Refusal.LANGUAGE:
        more = {"language": work.language}
    if why is Refusal.SKILL:
        more = {"skills": list(work.skills)}
    return {"fact": "refused", "why": why.value, "count": count, **more}


def _hopes(work: Work, now: datetime) -> list[Fact]:
    """Return what time alone will change."""
    hopes: list[Fact] = []
    team = work.team
    if team and team.overflow_to and now < (opens := work.after(team.overflow_after)):
        hopes.append({"fact": "overflow_in", "seconds": round((opens - now).total_seconds())})
    if work.language and work.fallback and now < (opens := work.after(50)):
        seconds = round((opens - now).total_seconds())
        hopes.append({"fact": "fallback_in", "seconds": seconds, "languages": list(work.fallback)})
    if work.language and now < work.due_at:
        hopes.append({"fact": "any_language_in", "seconds": round((work.due_at - now).total_seconds())})
    return hopes
