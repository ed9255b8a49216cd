"""The dry run: a recorded period under a changed rulebook, before it is saved."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from inbox.api.auth import Caller, require
from inbox.api.bodies import Moment, Strict
from inbox.api.json import Json
from inbox.api.routing_bodies import RulebookBody
from inbox.api.services import services
from inbox.api.shapes import Shape, Time
from inbox.app.rehearsal import LONGEST, MOST, Compared, Waits, recorded
from inbox.app.views import moment
from inbox.domain.manager import EVERYTHING, Role
from inbox.errors import Forbidden

router = APIRouter(prefix="/api/v1", tags=["routing"])

Reads = Annotated[Caller, require(role=Role.LEAD, scope="routing:read")]


class RehearsalBody(Strict):
    """A changed rulebook and the period to rehearse."""

    document: RulebookBody
    since: Moment
    until: Annotated[Moment, Field(description=f"at most {LONGEST.days} days later, and not to come")]


class WaitsShape(Shape):
    """How long people waited in a channel, until somebody turned to them."""

    arrivals: int = Field(description="who waited for an answer")
    median: int = Field(description="seconds")
    p90: int = Field(description="seconds")
    missed: int = Field(description="whose target had passed")
    unanswered: int = Field(description="to whom nobody had turned by the end")


class RehearsedChannelShape(Shape):
    """One channel; null where nobody waited."""

    channel: str
    was: WaitsShape | None = Field(description="as recorded, until the answer, by the targets of the current rules")
    now: WaitsShape | None = Field(description="rehearsed under the current rules")
    changed: WaitsShape | None = Field(description="rehearsed under the changed rules")


class HandlingShape(Shape):
    """What an answer of a channel takes."""

    channel: str
    seconds: int
    samples: int = Field(description="0: assumed, for there were too few answers to measure")


class RehearsalShape(Shape):
    """One period under two rulebooks."""

    since: Time
    until: Time
    cut: bool = Field(description=f"the period held more than {MOST} arrivals; those after `until` were left out")
    arrivals: int
    differing: int = Field(description="arrivals about which the two rulebooks decide otherwise")
    channels: list[RehearsedChannelShape]
    handling: list[HandlingShape]
    people: int = Field(description="managers who were there at some time")
    guessed: int = Field(description="of these, whose attendance is guessed by their answers")


@router.post("/routing/rehearsal", response_model=RehearsalShape)
async def rehearse_routing(request: Request, caller: Reads, body: RehearsalBody) -> Json:
    """Rehearse a recorded period under the rulebook that counts and under a changed one; nothing is changed."""
    if caller.access != EVERYTHING:
        raise Forbidden("Only who may see all inboxes and campaigns can rehearse what happens in them.")
    at_hand = services(request)
    rules = at_hand.door.routing
    async with at_hand.units.reading() as unit:
        now = (await rules.saved(unit)).book
        period = await recorded(unit, body.since, min(body.until, at_hand.clock()))
    return Json(_shown(await at_hand.rehearses(period, now, rules.completed(body.document.book()))))


def _shown(result: Compared) -> dict[str, Any]:
    return {
        "since": moment(result.since),
        "until": moment(result.until),
        "cut": result.is_cut,
        "arrivals": result.arrivals,
        "differing": result.differing,
        "channels": [
            {
                "channel": channel,
                "was": _waits(result.was.get(channel)),
                "now": _waits(result.now.get(channel)),
                "changed": _waits(result.changed.get(channel)),
            }
            for channel in sorted({*result.was, *result.now, *result.changed})
        ],
        "handling": [
            {"channel": channel, "seconds": round(took.takes.total_seconds()), "samples": took.samples}
            for channel, took in result.handling.items()
        ],
        "people": result.people,
        "guessed": result.guessed,
    }


def _waits(waits: Waits | None) -> dict[str, int] | None:
    if waits is None:
        return None
    return {
        "arrivals": waits.arrivals,
        "median": round(waits.median.total_seconds()),
        "p90": round(waits.p90.total_seconds()),
        "missed": waits.missed,
        "unanswered": waits.unanswered,
    }
