"""The dry run: a recorded period once more, under the rulebook that counts and under a changed one, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from inbox.app.assign import understood
from inbox.app.ports import Unit
from inbox.app.record_ports import Answer, Attended, Spoken
from inbox.app.rehearsal_people import Handling, handling_of, people_of
from inbox.app.routing import wording
from inbox.domain.assignment import Work
from inbox.domain.campaign import Campaign, Team
from inbox.domain.ids import CampaignId, TeamId, TicketId
from inbox.domain.lanes import Lane
from inbox.domain.manager import Manager
from inbox.domain.rehearsal import Arrival, Person, Wait, rehearse
from inbox.domain.routing import Router
from inbox.domain.rulebook import CALL, Facts, Routed, Rulebook
from inbox.domain.ticket import due_within
from inbox.errors import Invalid

LONGEST = timedelta(days=31)
MOST = 20_000  # arrivals
_ANSWERS = 50_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that a rehearsal needs of a period."""

    since: datetime
    until: datetime
    spoken: tuple[Spoken, ...]
    managers: tuple[Manager, ...]
    teams: tuple[Team, ...]
    campaigns: tuple[Campaign, ...]
    attended: tuple[Attended, ...]
    answers: tuple[Answer, ...]
    is_cut: bool = False  # there was more than can be rehearsed


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited in a channel."""

    arrivals: int
    median: timedelta
    p90: timedelta
    missed: int  # turned to after the deadline, or not by the end and late
    unanswered: int  # not turned to by the end


@dataclass(frozen=True, slots=True)
class Compared:
    """One period under two rulebooks, and as it was."""

    since: datetime
    until: datetime
    is_cut: bool
    arrivals: int
    now: Mapping[str, Waits]  # by channel
    changed: Mapping[str, Waits]
    was: Mapping[str, Waits]
    differing: int  # arrivals about which the rulebooks decide otherwise
    handling: Mapping[str, Handling]
    people: int  # who were there at some time
    guessed: int  # of these, by their answers alone


class Rehearses(Protocol):
    """Rehearses a period under two rulebooks, where that holds up nobody."""

    async def __call__(self, period: Recorded, now: Rulebook, changed: Rulebook) -> Compared: ...


async def here(period: Recorded, now: Rulebook, changed: Rulebook) -> Compared:
    """Rehearse in this process, where nobody else waits."""
    return compared(period, now, changed)


async def recorded(unit: Unit, since: datetime, until: datetime) -> Recorded:
    """Read a period; raise Invalid for one that cannot be rehearsed."""
    if not since < until or until - since > LONGEST:
        raise Invalid(f"A period begins before it ends, and is no longer than {LONGEST.days} days.")
    spoken = await unit.records.spoken(since, until, limit=MOST + 1)
    is_cut = len(spoken) > MOST
    end = spoken[MOST].at if is_cut else until
    return Recorded(
        since=since,
        until=end,
        spoken=tuple(spoken[:MOST]),
        managers=tuple(manager for manager in await unit.managers.all() if manager.active),
        teams=tuple(await unit.campaigns.teams()),
        campaigns=tuple(await unit.campaigns.all()),
        attended=tuple(await unit.records.attended(since, end)),
        answers=tuple(await unit.records.answers(since, end, limit=_ANSWERS)),
        is_cut=is_cut,
    )


def compared(period: Recorded, now: Rulebook, changed: Rulebook) -> Compared:
    """Rehearse a period under two rulebooks."""
    handling = handling_of(period.spoken, period.answers)
    people, guessed = people_of(period.managers, period.attended, period.answers, (period.since, period.until))
    ours, theirs = (_Scene(period, book, tuple(_routed(period, book))) for book in (now, changed))
    return Compared(
        since=period.since,
        until=period.until,
        is_cut=period.is_cut,
        arrivals=len(period.spoken),
        now=_by_channel(_played(ours, people, handling)),
        changed=_by_channel(_played(theirs, people, handling)),
        was=_by_channel(_as_it_was(ours)),
        differing=sum(_differ(one, other) for one, other in zip(ours.routed, theirs.routed, strict=True)),
        handling=handling,
        people=len(people),
        guessed=guessed,
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """A period, and what a rulebook decides about each of its arrivals."""

    period: Recorded
    book: Rulebook
    routed: tuple[Routed, ...]

    def works(self) -> Iterator[tuple[Spoken, Work]]:
        """Yield those who wait for an answer."""
        teams = {team.id: team for team in self.period.teams}
        tongues = tuple({language for manager in self.period.managers for language in manager.languages})
        pairs = zip(self.period.spoken, self.routed, strict=True)
        for number, (spoken, routed) in enumerate(pairs):
            if routed.lane is Lane.ANSWER:
                work = _work(number, spoken, routed, teams.get(routed.team_id) if routed.team_id else None)
                yield spoken, understood(work, tongues, self.book.fallback_languages)


def _routed(period: Recorded, book: Rulebook) -> Iterator[Routed]:
    """Yield what a rulebook decides about each arrival; what a person decided about its lane stands."""
    router = Router.of(book)
    campaigns = {campaign.id: campaign for campaign in period.campaigns}
    for spoken in period.spoken:
        routed = router.route(_facts(spoken, campaigns))
        yield replace(routed, lane=Lane(spoken.lane)) if spoken.lane else routed


def _facts(spoken: Spoken, campaigns: Mapping[CampaignId, Campaign]) -> Facts:
    campaign = campaigns.get(spoken.campaign_id) if spoken.campaign_id else None
    return Facts(
        inbox_id=spoken.inbox_id,
        channel=spoken.channel,
        at=spoken.at,
        text=wording(spoken.subject, spoken.text),
        language=spoken.language,
        campaign_id=spoken.campaign_id,
        client_id=campaign.client_id if campaign else None,
        campaign_team=campaign.team_id if campaign else None,
        roles=frozenset(spoken.roles),
        first=spoken.seq == 1 and not spoken.continues,
        public=spoken.public,
        sign=CALL if spoken.is_call else None,
    )


def _work(number: int, spoken: Spoken, routed: Routed, team: Team | None) -> Work:
    return Work(
        ticket_id=TicketId(UUID(int=number)),  # a ticket may come again within the period
        inbox_id=spoken.inbox_id,
        channel=spoken.channel,
        weight=routed.weight,
        waiting_since=spoken.at,
        due_at=spoken.at + due_within(routed.target, routed.priority),
        target=routed.target,
        campaign_id=spoken.campaign_id,
        language=spoken.language,
        skills=routed.skills,
        team=team,
        priority=routed.priority,
    )


def _played(scene: _Scene, people: Sequence[Person], handling: Mapping[str, Handling]) -> list[Wait]:
    teams: Mapping[TeamId, Team] = {team.id: team for team in scene.period.teams}
    arrivals = (
        Arrival(work, handling[spoken.channel].takes, contact_id=spoken.contact_id) for spoken, work in scene.works()
    )
    return rehearse(arrivals, people, teams=teams, until=scene.period.until)


def _as_it_was(scene: _Scene) -> Iterator[Wait]:
    """Yield how long people really waited for an answer, whoever gave it."""
    end = scene.period.until
    for spoken, work in scene.works():
        answered = spoken.answered_at if spoken.answered_at and spoken.answered_at <= end else None
        yield Wait(work, answered or end, is_over=answered is not None)


def _by_channel(waits: Iterable[Wait]) -> dict[str, Waits]:
    found: dict[str, list[Wait]] = {}
    for wait in waits:
        found.setdefault(wait.work.channel, []).append(wait)
    return {channel: _summed_up(found[channel]) for channel in sorted(found)}


def _summed_up(waits: Sequence[Wait]) -> Waits:
    lengths = sorted(wait.waited for wait in waits)
    return Waits(
        arrivals=len(waits),
        median=lengths[len(lengths) // 2],
        p90=lengths[len(lengths) * 9 // 10],
        missed=sum(wait.is_missed for wait in waits),
        unanswered=sum(not wait.is_over for wait in waits),
    )


def _differ(one: Routed, other: Routed) -> bool:
    """Tell whether two rulebooks decide otherwise about a ticket, whatever the rules are called that did."""
    return replace(one, matches=(), asks=None) != replace(other, matches=(), asks=None)
