"""An inbox of each way of threading, and a manager who is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from inbox.app.arrival import Arrival
from inbox.app.receive import Taken, locks_for, receive
from inbox.channel.model import Capabilities, Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import InboxId, ManagerId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Availability, Manager, Role
from inbox.domain.threading import Threading
from inbox.store.unit_of_work import Units

NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
CAPABILITIES = {
    "comments": Capabilities(threading=Threading.PUBLIC, public=True),
    "chat": Capabilities(threading=Threading.CONTACT, live=True),
    "email": Capabilities(threading=Threading.REFERENCES, starts_tickets=True, recipients=True),
    "telephony": Capabilities(
        threading=Threading.CONTACT, replies=False, logs_by_hand=True, target=timedelta(minutes=30)
    ),
}

Take = Callable[..., Awaitable[Taken]]


@pytest.fixture
async def inboxes(units: Units) -> dict[str, Inbox]:
    """One inbox of each channel."""
    async with units() as unit:
        return {kind: await unit.inboxes.add(Inbox(InboxId(new_id()), kind, kind, {})) for kind in CAPABILITIES}


@pytest.fixture
async def aylin(units: Units) -> Manager:
    """A manager who is online and has room for three."""
    async with units() as unit:
        return await unit.managers.add(
            Manager(
                ManagerId(new_id()),
                "aylin@mitmachwerk.example",
                "Aylin",
                Role.LEAD,
                availability=Availability.ONLINE,
                capacity=30,
                access=EVERYTHING,
            )
        )


@pytest.fixture
def take(units: Units, inboxes: dict[str, Inbox]) -> Take:
    """Take a message in, as an edge does."""

    async def taken(channel: str, message: Received, *, now: datetime = NOW) -> Taken:
        arrival = Arrival(inboxes[channel], CAPABILITIES[channel], message)
        async with units(*locks_for(arrival.inbox, message)) as unit:
            return await receive(unit, arrival, now=now)

    return taken


def person(name: str, kind: IdentityKind = IdentityKind.PLATFORM_USER, *, scope: str = "crowd.example") -> Sender:
    """Somebody whom the platform vouches for."""
    return Sender((Claim(kind, name.casefold(), scope if kind is IdentityKind.PLATFORM_USER else ""),), name)


def comment(external_id: str, text: str = "Wann kommt die Lampe?", **more: object) -> Received:
    """A comment in the thread `update-3` of Greta, unless said otherwise."""
    values: dict[str, object] = {
        "sender": person("Greta"),
        "at": NOW,
        "thread": "update-3",
        "thread_title": "Update 3",
        "version": 1,
    }
    return Received(external_id=external_id, text=text, **(values | more))  # type: ignore[arg-type]  # a test's builder


def later(minutes: float) -> datetime:
    """Some time after NOW."""
    return NOW + timedelta(minutes=minutes)
