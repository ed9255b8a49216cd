"""The composition root: makes every part from the settings and hands it to the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import orjson
import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from inbox.apart import Apart
from inbox.api.app import create_app
from inbox.api.edge import Edge
from inbox.api.services import Services
from inbox.app import links
from inbox.app.continuing import Continuing
from inbox.app.follow import Commit, Follower
from inbox.app.grants import KeptGrants
from inbox.app.intake import Door
from inbox.app.languages import Languages
from inbox.app.opened import OpenInboxes
from inbox.app.outages import Crier
from inbox.app.presence import Presence
from inbox.app.routing import Routing
from inbox.blobs import BlobStore
from inbox.channel import registry
from inbox.channel.host import Host
from inbox.detector import Ngrams
from inbox.domain.clocks import ClockKind
from inbox.domain.events import EventType
from inbox.domain.ids import InboxId
from inbox.errors import SecretUnreadable, StartRefused
from inbox.foundation import Database, database, refuse_absence
from inbox.guard import GuardedDialer, GuardedHttp, http_guard, mail_guard, picture_guard
from inbox.keeper import BlobKeeper
from inbox.pictures import LARGEST, WITHIN, Pictures
from inbox.postman import SmtpPostman
from inbox.rehearsing import Rehearsing
from inbox.secrets import Vault, open_vault
from inbox.settings import Settings
from inbox.store import embedded
from inbox.store.database import Engine, engine_for, ensure_reachable
from inbox.store.migrate import migrate
from inbox.store.stream import current_epoch
from inbox.store.unit_of_work import Units, utc_now
from inbox.store.wakeups import Wakeups
from inbox.worker import delivery, intake, timers
from inbox.worker.languages import LANGUAGE_WAKES, keep_languages
from inbox.worker.runner import Loop
from inbox.worker.wake import Wake

log = structlog.get_logger()

_RULES_AT_MOST = 60.0  # seconds after which rules are read again, whatever was heard


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service."""

    services: Services
    loops: dict[str, Loop]  # those of every process
    work: dict[str, Loop]  # those of a worker
    places: set[tuple[str, int]]  # hosts with their ports that may be called besides the allowed ones; may grow

    def app(self) -> FastAPI:
        """Return the application."""
        return create_app(self.services)

    async def reset_link(self, email: str) -> str:
        """Return a link by which a manager chooses a new password."""
        here = self.services
        return await links.reset_link(here.units, email, site=here.edge.public_url, now=here.clock())


@asynccontextmanager
async def beside(settings: Settings) -> AsyncIterator[Service]:
    """Make the service ready for one command, beside a running one or without it."""
    refuse_absence(settings)
    async with AsyncExitStack() as stack:
        if settings.database_url is None:
            dsn = SecretStr(await stack.enter_async_context(embedded.borrowed(settings.data_dir)))
            settings = settings.model_copy(update={"database_url": dsn})
        yield await stack.enter_async_context(running(settings))


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Service]:
    """Make the service ready with its database; take both down at the end."""
    async with database(settings) as found, composed(settings, found) as service:
        yield service


@asynccontextmanager
async def composed(settings: Settings, found: Database) -> AsyncIterator[Service]:
    """Make the service ready on a database that is up: migrate it, make the parts; take them down at the end."""
    async with AsyncExitStack() as stack:
        vault = open_vault(settings.data_dir, [key.get_secret_value() for key in settings.secret_keys])
        blobs = BlobStore(settings.data_dir / "blobs")
        await asyncio.to_thread(blobs.prepare)
        engine = await _ready_engine(found.dsn)
        stack.push_async_callback(engine.dispose)
        yield await _compose(stack, settings, found, engine, vault, blobs)


async def _ready_engine(dsn: str) -> Engine:
    await ensure_reachable(dsn)
    await migrate(dsn)
    return engine_for(dsn)


async def _compose(
    stack: AsyncExitStack, settings: Settings, found: Database, engine: Engine, vault: Vault, blobs: BlobStore
) -> Service:
    wakeups = Wakeups(found.dsn, lambda: follower.wake())  # noqa: PLW0108 - the follower comes below
    units = Units(engine, vault, epoch=0, on_commit=wakeups.commit)
    units.epoch = await _epoch(units)
    await _refuse_other_keys(units)
    if found.keep is not None:
        await _free_leases(units)
    follower = Follower(units)
    places = set[tuple[str, int]]()
    http = GuardedHttp(http_guard(settings.http_allow, places=places))
    stack.push_async_callback(http.close)
    inboxes = _inboxes(settings, units, _hosts(settings, vault, units, http, places))
    stack.push_async_callback(inboxes.close)
    apart = Apart()
    stack.push_async_callback(apart.close)
    routing = Routing(inboxes.channels.values())
    await routing.refresh(units)
    languages = Languages(Ngrams())
    door = Door(units, inboxes, BlobKeeper(blobs), utc_now, languages=languages, routing=routing, apart=apart)
    services = Services(
        units=units,
        door=door,
        inboxes=inboxes,
        blobs=blobs,
        follower=follower,
        presence=Presence(),
        clock=utc_now,
        edge=Edge(settings.site, settings.trusted_proxies, web_folder(), postman=_postman(settings)),
        pictures=_pictures(stack, settings),
        picture_key=vault.derive("pictures"),
        rehearses=Rehearsing(),
    )
    await follower.start()
    tongues = Wake(*LANGUAGE_WAKES)
    follower.subscribe(tongues.heed)
    following: dict[str, Loop] = {
        "wakeups": wakeups.run,
        "follower": follower.run,
        "settings": _reopening(follower, inboxes),
        "rulebook": _rerouting(follower, door),
        "languages": lambda: keep_languages(door, tongues),
        # Here and not with the work: only the process that serves a screen knows that somebody sits before it.
        "presence": lambda: timers.watch_presence(door, services.presence, Wake()),
        # In every process, for the one that fetched may be gone.
        "outages": lambda: timers.watch_inboxes(door, _crier(services.edge), Wake()),
    }
    if found.keep is not None:
        following["database"] = found.keep
    return Service(services, following, _work(services, blobs), places)


async def _epoch(units: Units) -> int:
    async with units.session() as session:
        return await current_epoch(session)


async def _refuse_other_keys(units: Units) -> None:
    """Raise StartRefused where other keys sealed what is stored: nothing would be fetched, and new ones mixed in."""
    try:
        async with units.reading() as unit:
            await unit.inboxes.all()
    except SecretUnreadable as error:
        raise StartRefused(
            "The secrets in the database do not open with the present keys; bring back the file secret-keys of the "
            "data folder, or set INBOX_SECRET_KEYS to those that sealed them."
        ) from error


def _pictures(stack: AsyncExitStack, settings: Settings) -> Pictures:
    http = GuardedHttp(picture_guard(settings.picture_allow), within=timedelta(seconds=WITHIN), largest=LARGEST)
    stack.push_async_callback(http.close)
    return Pictures(http, settings.data_dir / "pictures")


async def _free_leases(units: Units) -> None:
    """Let go of what a killed process held: a private database is one process's alone, so whoever held it is dead."""
    async with units() as unit:
        await unit.outbox.free()
        await unit.inboxes.free()


def _inboxes(settings: Settings, units: Units, hosts: Callable[[InboxId], Host]) -> OpenInboxes:
    return OpenInboxes(units, registry.installed(), hosts, hold=timedelta(seconds=settings.undo_seconds))


def _hosts(
    settings: Settings, vault: Vault, units: Units, http: GuardedHttp, places: set[tuple[str, int]]
) -> Callable[[InboxId], Host]:
    dialer = GuardedDialer(mail_guard(settings.http_allow, places=places))

    async def kept(inbox_id: InboxId, keys: Sequence[str]) -> frozenset[str]:
        async with units.reading() as unit:
            return await unit.originals.kept(inbox_id, keys)

    def host_for(inbox_id: InboxId) -> Host:
        return Host(
            inbox_id=inbox_id,
            http=http,
            dialer=dialer,
            clock=utc_now,
            log=log.bind(inbox=str(inbox_id)),
            signing_key=vault.derive(f"inbox:{inbox_id}"),
            public_url=settings.site,
            kept=partial(kept, inbox_id),
            grants=KeptGrants(units, inbox_id, utc_now),
        )

    return host_for


def _reopening(follower: Follower, inboxes: OpenInboxes) -> Loop:
    """Return the loop that closes inboxes whose settings were changed, in whichever process."""
    changed: asyncio.Queue[tuple[InboxId, int]] = asyncio.Queue()

    def heed(commit: Commit) -> None:
        for event in commit.events:
            if event.type == EventType.INBOX_CHANGED.value:
                version = orjson.loads(event.json)["inbox"]["version"]
                changed.put_nowait((InboxId(event.subject), version))

    follower.subscribe(heed)

    async def reopen() -> None:
        while True:
            await inboxes.refresh(*await changed.get())

    return reopen


def _rerouting(follower: Follower, door: Door) -> Loop:
    """Return the loop that takes a rulebook or campaign that was changed, in whichever process."""
    changed = Wake(EventType.ROUTING_CHANGED, EventType.CAMPAIGN_CHANGED)
    follower.subscribe(changed.heed)

    async def refresh() -> None:
        while True:
            await door.routing.refresh(door.units)
            await changed.sleep(until=None, now=utc_now(), at_most=_RULES_AT_MOST)

    return refresh


def _work(services: Services, blobs: BlobStore) -> dict[str, Loop]:
    """Return the loops that deliver, fetch, understand, ring and assign."""
    door, follower = services.door, services.follower
    wakes = {
        "delivery": Wake(*delivery.WAKES),
        "scheduled": Wake(*delivery.WAKES),
        "clocks": Wake(EventType.TICKET_CHANGED, EventType.CALL_CHANGED, EventType.MESSAGE_RECEIVED),
        "assign": Wake(*timers.ASSIGN_WAKES),
        "room": Wake(*timers.ROOM_WAKES),
        "fetch": Wake(EventType.INBOX_CHANGED),
        "probe": Wake(EventType.INBOX_CHANGED),
        "understand": Wake(),
        "tidy": Wake(),
    }
    for wake in wakes.values():
        follower.subscribe(wake.heed)
    rings = {ClockKind.CONTINUE: Continuing(services.inboxes, services.blobs)}
    fetching = intake.Fetching(door, wakes["understand"], wakes["fetch"])
    return {
        "delivery": lambda: delivery.deliver(door, services.blobs, wakes["delivery"]),
        "scheduled": lambda: delivery.send_scheduled(door, services.blobs, wakes["scheduled"]),
        "clocks": lambda: timers.ring_clocks(door, wakes["clocks"], rings),
        "assign": lambda: timers.assign_passes(door, wakes["assign"], wakes["room"]),
        "tidy": lambda: timers.tidy(door, wakes["tidy"]),
        "files": lambda: timers.tidy_files(door, blobs, Wake()),
        "fetch": fetching.run,
        "probe": lambda: timers.probe_inboxes(door, wakes["probe"]),
        "understand": lambda: intake.understand(door, wakes["understand"]),
    }


def _crier(edge: Edge) -> Crier:
    return Crier(edge.postman, edge.public_url, log)


def _postman(settings: Settings) -> SmtpPostman | None:
    if settings.mail_url is None or settings.mail_from is None:
        return None
    return SmtpPostman(settings.mail_url.get_secret_value(), settings.mail_from)


def web_folder() -> Path:
    """Return where the built front end lies."""
    return Path(__file__).parent / "web"
