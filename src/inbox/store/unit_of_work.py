"""The unit of work: state, events and outbox rows of a change commit together or not at all."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from inbox.app.ports import Sealer
from inbox.domain.events import NewEvent
from inbox.store.assignments import Assignments
from inbox.store.auth import Auth
from inbox.store.campaigns import Campaigns
from inbox.store.clocks import Clocks
from inbox.store.contacts import Contacts
from inbox.store.database import Session
from inbox.store.failures import REPORTED, failure_of
from inbox.store.grants import Grants
from inbox.store.inboxes import Inboxes
from inbox.store.intake import INSERT_EVENTS, Intake, event_columns
from inbox.store.languages import Languages
from inbox.store.managers import Managers
from inbox.store.messages import Messages
from inbox.store.moves import Moves
from inbox.store.originals import Originals
from inbox.store.outbox import Outbox
from inbox.store.pictures import Pictures
from inbox.store.records import Records
from inbox.store.rulebooks import Rulebooks
from inbox.store.sessions import Sessions
from inbox.store.stream import Stream
from inbox.store.suppressions import Suppressions
from inbox.store.tickets import Tickets
from inbox.store.visitors import Visitors


class Unit:
    """One transaction, its repositories, and the events that it will write."""

    def __init__(self, session: Session, *, vault: Sealer, epoch: int) -> None:
        self._session = session
        self._events: list[NewEvent] = []
        self.spoke = False  # facts of this unit were written
        self.epoch = epoch
        self.assignments = Assignments(session)
        self.auth = Auth(session)
        self.campaigns = Campaigns(session)
        self.clocks = Clocks(session)
        self.contacts = Contacts(session)
        self.grants = Grants(session, vault)
        self.inboxes = Inboxes(session, vault)
        self.intake = Intake(session)
        self.languages = Languages(session)
        self.managers = Managers(session)
        self.messages = Messages(session)
        self.moves = Moves(session)
        self.originals = Originals(session)
        self.outbox = Outbox(session)
        self.pictures = Pictures(session)
        self.records = Records(session)
        self.rulebooks = Rulebooks(session)
        self.stream = Stream(session)
        self.suppressions = Suppressions(session)
        self.tickets = Tickets(session)
        self.visitors = Visitors(session)

    def record(self, event: NewEvent) -> None:
        """Note a fact; it is written with everything else of this unit."""
        self._events.append(event)

    def take_events(self) -> tuple[NewEvent, ...]:
        """Hand over the noted facts to a statement that writes them itself."""
        events, self._events = tuple(self._events), []
        self.spoke = self.spoke or bool(events)
        return events

    async def flush(self) -> bool:
        """Write the noted events; tell whether this unit had any."""
        events = self.take_events()
        if events:
            await self._session.driver.execute(INSERT_EVENTS, *event_columns(events, self.epoch))
        return self.spoke


class Units:
    """Opens units of work on one database."""

    def __init__(self, engine: AsyncEngine, vault: Sealer, *, epoch: int, on_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._sessions = Sessions(engine)
        self._vault = vault
        self.epoch = epoch
        self._on_commit = on_commit

    @asynccontextmanager
    async def __call__(self, *locks: str) -> AsyncIterator[Unit]:
        """Open a transaction that holds the named locks; commit at the end, roll back on any error."""
        async with self.session() as session:
            unit = Unit(session, vault=self._vault, epoch=self.epoch)
            try:
                await session.driver.execute("begin" + _lock_statements(locks))
                yield unit
                spoke = await unit.flush()
                await session.driver.execute("commit")
            except BaseException:
                await _roll_back(session)
                raise
            if spoke:
                self._on_commit()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Unit]:
        """Open a unit that changes something by one statement, which is its own transaction: no begin, no commit."""
        async with self.session() as session:
            unit = Unit(session, vault=self._vault, epoch=self.epoch)
            yield unit
        if unit.spoke:
            self._on_commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        """Open a unit for reading only: no transaction, each statement sees what is committed by then."""
        async with self.session() as session:
            yield Unit(session, vault=self._vault, epoch=self.epoch)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow a connection; what the database reports becomes an error of ours."""
        try:
            async with self._sessions.lent() as session:
                yield session
        except REPORTED as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error


def _lock_statements(names: Sequence[str]) -> str:
    """Return statements that take transaction locks, always in one order so that nobody waits in a ring."""
    keys = sorted({zlib.crc32(name.encode()) for name in names})
    if not keys:
        return ""
    listed = ",".join(map(str, keys))
    return f"; select pg_advisory_xact_lock(key) from unnest(array[{listed}]::bigint[]) as key"  # noqa: S608 - numbers


async def _roll_back(session: Session) -> None:
    # Where this fails the connection is not clean, and is thrown away instead of lent again.
    with suppress(*REPORTED, OSError):
        await session.driver.execute("rollback")


def utc_now() -> datetime:
    """Return the present time; the one clock that is handed to everything else."""
    return datetime.now(UTC)
