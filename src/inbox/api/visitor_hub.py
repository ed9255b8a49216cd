"""The chat sockets of this process: who follows which ticket, and what wakes them.

One subscriber of the event stream serves them all; a socket is only told that there may be something, and reads the
ticket's public log itself. So nothing is kept in memory for a slow or absent reader, and a lost wake-up loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from enum import Flag, auto
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from starlette.requests import HTTPConnection

from inbox.api.services import Services, services
from inbox.api.visitor_limits import Limits, Pace, Paces
from inbox.app.follow import Commit
from inbox.app.presence import Whisper
from inbox.domain.events import Event, EventType
from inbox.domain.ids import ContactId, InboxId, TicketId, VisitorId
from inbox.domain.inbox import Inbox
from inbox.domain.manager import Manager


class News(Flag):
    """What there may be for a socket."""

    LOG = auto()  # of its ticket
    TICKET = auto()  # another one
    QUEUE = auto()  # who is there
    TYPING = auto()  # somebody of the team
    READ = auto()  # somebody of the team has seen what they said
    INBOX = auto()  # its settings: come again


class Follows(Protocol):
    """A socket as the hub knows it."""

    def wake(self, news: News) -> None:
        """Say what there may be; must not wait."""

    def whispered(self, frame: dict[str, Any]) -> None:
        """Pass on what a screen says in passing; must not wait."""


K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Sockets by a key."""

    def __init__(self) -> None:
        self._of: defaultdict[K, set[Follows]] = defaultdict(set)

    def add(self, key: K | None, socket: Follows) -> None:
        """File a socket."""
        if key is not None:
            self._of[key].add(socket)

    def remove(self, key: K | None, socket: Follows) -> None:
        """Take a socket out."""
        if key is None or key not in self._of:
            return
        self._of[key].discard(socket)
        if not self._of[key]:
            del self._of[key]

    def of(self, key: K) -> tuple[Follows, ...]:
        """Return the sockets under a key."""
        return tuple(self._of.get(key, ()))

    def all(self) -> Iterator[Follows]:
        """Yield every socket."""
        for sockets in tuple(self._of.values()):
            yield from tuple(sockets)

    def __contains__(self, key: K) -> bool:
        return key in self._of


def hub_of(connection: HTTPConnection) -> VisitorHub:
    """Return the hub of the application, made at its first visitor."""
    state = connection.app.state
    if not hasattr(state, "visitor_hub"):
        state.visitor_hub = VisitorHub(services(connection), getattr(state, "visitor_limits", Limits()))
    hub: VisitorHub = state.visitor_hub
    return hub


class VisitorHub:
    """Wakes the sockets that an event concerns."""

    def __init__(self, services: Services, limits: Limits) -> None:
        self.limits = limits
        self.sessions = Paces(limits.sessions)
        self.addresses: dict[str, int] = defaultdict(int)
        self.asides = Paces(limits.asides)
        self.files = Paces(limits.files)
        self.files_of_address = Paces(limits.files_of_address)
        self._uploads: Counter[VisitorId] = Counter()
        self._services = services
        self._by_inbox: Index[InboxId] = Index()
        self._by_ticket: Index[TicketId] = Index()
        self._by_contact: Index[ContactId] = Index()
        self._by_visitor: Index[VisitorId] = Index()
        self._paces: dict[VisitorId, Pace] = {}
        self._versions: dict[InboxId, int] = {}
        self._online: tuple[Manager, ...] | None = None
        self._lock = asyncio.Lock()
        services.follower.subscribe(self._follow)
        services.presence.listen(self._overhear)

    @contextmanager
    def joined(self, socket: Follows, inbox_id: InboxId, visitor_id: VisitorId) -> Iterator[None]:
        """Keep a socket filed while it is open."""
        self._by_inbox.add(inbox_id, socket)
        self._by_visitor.add(visitor_id, socket)
        try:
            yield
        finally:
            self._by_inbox.remove(inbox_id, socket)
            self._by_visitor.remove(visitor_id, socket)
            if visitor_id not in self._by_visitor:
                self._paces.pop(visitor_id, None)

    @contextmanager
    def counted(self, address: str | None) -> Iterator[bool]:
        """Count an address's socket while it is open; tell whether it is one of not too many."""
        if address is None:
            yield True
            return
        self.addresses[address] += 1
        try:
            yield self.addresses[address] <= self.limits.sockets_of_address
        finally:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]

    @contextmanager
    def uploading(self, visitor_id: VisitorId) -> Iterator[bool]:
        """Count a visitor's upload while it comes in; tell whether it is one of not too many."""
        self._uploads[visitor_id] += 1
        try:
            yield self._uploads[visitor_id] <= self.limits.uploads
        finally:
            self._uploads[visitor_id] -= 1
            if not self._uploads[visitor_id]:
                del self._uploads[visitor_id]

    def sockets(self, inbox_id: InboxId) -> int:
        """Return how many sockets an inbox has open here."""
        return len(self._by_inbox.of(inbox_id))

    def tabs(self, visitor_id: VisitorId) -> int:
        """Return how many sockets a visitor has open here."""
        return len(self._by_visitor.of(visitor_id))

    def moved(self, socket: Follows, before: TicketId | None, after: TicketId | None) -> None:
        """File a socket under another ticket."""
        self._by_ticket.remove(before, socket)
        self._by_ticket.add(after, socket)

    def known(self, socket: Follows, before: ContactId | None, after: ContactId | None) -> None:
        """File a socket under its contact."""
        self._by_contact.remove(before, socket)
        self._by_contact.add(after, socket)

    def named(self, visitor_id: VisitorId) -> None:
        """Say that a visitor has become a contact: their other tabs look for their ticket."""
        for socket in self._by_visitor.of(visitor_id):
            socket.wake(News.TICKET)

    def is_current(self, inbox: Inbox) -> bool:
        """Tell whether an inbox is still as it was opened."""
        return self._versions.get(inbox.id, 0) <= inbox.version

    def pace(self, visitor_id: VisitorId) -> Pace:
        """Return the pace of a visitor's messages, one for all of their tabs."""
        return self._paces.setdefault(visitor_id, Pace(self.limits.messages))

    async def is_online(self, inbox_id: InboxId) -> bool:
        """Tell whether somebody is there who sees this inbox."""
        async with self._lock:
            if self._online is None:
                async with self._services.units.reading() as unit:
                    self._online = tuple(await unit.managers.online())
            return any(manager.access.sees(inbox_id) for manager in self._online)

    def _follow(self, commit: Commit) -> None:
        for event in commit.events:
            match event.type:
                case EventType.MANAGER_CHANGED:
                    self._managers_changed()
                case EventType.INBOX_CHANGED:
                    self._inbox_changed(event)
                case _:
                    self._ticket_changed(event)

    def _ticket_changed(self, event: Event) -> None:
        self._wake(self._by_ticket.of(TicketId(event.subject)), News.LOG)
        if event.type == EventType.TICKET_CREATED and event.inbox_id is not None and event.inbox_id in self._by_inbox:
            contact = (orjson.loads(event.json)["ticket"]["contact"] or {}).get("id")
            if contact is not None:
                self._wake(self._by_contact.of(ContactId(UUID(contact))), News.TICKET)

    def _inbox_changed(self, event: Event) -> None:
        inbox_id = InboxId(event.subject)
        self._versions[inbox_id] = orjson.loads(event.json)["inbox"]["version"]
        self._wake(self._by_inbox.of(inbox_id), News.INBOX)

    def _managers_changed(self) -> None:
        self._online = None
        self._wake(tuple(self._by_inbox.all()), News.QUEUE)

    def _overhear(self, whisper: Whisper) -> None:
        if whisper.visitor_too:
            for socket in self._by_ticket.of(whisper.ticket_id):
                socket.whispered(whisper.frame)

    @staticmethod
    def _wake(sockets: tuple[Follows, ...], news: News) -> None:
        for socket in sockets:
            socket.wake(news)
