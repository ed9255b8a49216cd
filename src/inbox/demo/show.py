"""The demo of a running service: started, stopped, and gone on with after a restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from uuid import UUID

import structlog

from inbox.app.links import SETUP, first_admin
from inbox.app.passwords import hash_password
from inbox.demo import stage
from inbox.demo.backstage import Backstage
from inbox.demo.cast import PLATFORM
from inbox.demo.colleagues import help_out
from inbox.demo.crowd import keep_writing
from inbox.demo.far_ends import HOST, FarEnds, far_ends
from inbox.demo.memory import Memory, recalled, remember, with_password
from inbox.demo.seeding import fill
from inbox.domain.ids import InboxId
from inbox.errors import Conflict, StartRefused

log = structlog.get_logger()

ADMIN = f"admin@{PLATFORM}"
_READY_WITHIN = 10.0  # seconds that whoever starts the demo waits for its past; then they see it come
_LOOK = 2.0  # seconds between two looks at what another process remembers


@dataclass(frozen=True, slots=True)
class SignIn:
    """With what the newcomer comes in."""

    email: str
    password: str


@dataclass(slots=True)
class Show:
    """The demo, if there is one; `run` is a loop beside the others."""

    backstage: Backstage
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_running(self) -> bool:
        """Whether the crowd writes."""
        memory = self._memory()
        return memory is not None and memory.running

    @property
    def page(self) -> str | None:
        """The path of the page with the widget on it; None while there is no demo."""
        memory = self._memory()
        return f"/demo/?inbox={memory.inboxes[stage.CHAT]}" if memory and memory.inboxes else None

    async def start(self) -> None:
        """Fill an empty installation, or let the crowd of a known demo go on; raise Conflict for one that is in use."""
        memory = self._memory()
        if memory is None:
            async with self.backstage.units.reading() as unit:
                if await unit.inboxes.all():
                    raise Conflict("The demo needs an empty installation: this one has inboxes already.")
            memory = Memory(began=self.backstage.clock())
        remember(self.backstage.folder, replace(memory, running=True))
        self._changed.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN):
                await self._ready.wait()

    async def stop(self) -> None:
        """Let the crowd fall silent; what it said stays, and so do the far ends, which take our answers."""
        memory = self._memory()
        if memory is not None and memory.running:
            remember(self.backstage.folder, replace(memory, running=False))
        self._changed.set()

    async def open(self) -> SignIn:
        """Prepare the demo of a data folder of its own: its administrator, who is told their password each time."""
        memory = self._memory()
        if memory is None:
            async with self.backstage.units.reading() as unit:
                if await unit.managers.any():
                    raise StartRefused("This data folder is in use; the demo wants one of its own (INBOX_DATA_DIR).")
            memory = Memory(began=self.backstage.clock())
        if not memory.password:
            memory = with_password(memory)
            remember(self.backstage.folder, memory)
            await self._add_admin(memory.password)
        self._changed.set()
        return SignIn(ADMIN, memory.password)

    async def run(self) -> None:
        """Show the demo whenever there is one, for ever."""
        while (memory := self._memory()) is None:
            await self._change()
        async with far_ends(memory.ports, memory.secret, now=self.backstage.clock()) as ends:
            self._let_through(ends)
            memory = await self._on_stage(memory, ends)
            if not memory.filled:
                await fill(self.backstage, memory)
                memory = self._note(filled=True)
                log.info("demo.filled")
            self._ready.set()
            while True:
                await self._until_changed(ends)

    async def _until_changed(self, ends: FarEnds) -> None:
        """Let the crowd write, if it is to, until that changes."""
        was_running = self.is_running
        async with asyncio.TaskGroup() as group:
            writing = None
            if was_running:
                memory = self._note(chapter=self._present().chapter + 1)
                writing = group.create_task(self._keep_going(memory, ends))
            while self.is_running == was_running:
                await self._change()
            if writing is not None:
                writing.cancel()

    async def _keep_going(self, memory: Memory, ends: FarEnds) -> None:
        random = Random()  # noqa: S311 - what colleagues do depends on what people do
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_writing(self.backstage, memory, ends))
            group.create_task(help_out(self.backstage, random))

    async def _on_stage(self, memory: Memory, ends: FarEnds) -> Memory:
        """Make the inboxes, or point those that are there at the far ends of today."""
        opened, now = self.backstage.inboxes, self.backstage.clock()
        async with self.backstage.units(stage.STAGE) as unit:
            if memory.inboxes:
                await stage.move_stage(unit, opened, memory.inboxes, memory.secret, ends.ports)
                inboxes = memory.inboxes
            else:
                inboxes = await stage.set_stage(unit, opened, memory.secret, ends.ports, now=now)
        for inbox_id in inboxes.values():
            await opened.forget(InboxId(UUID(inbox_id)))
        return self._note(inboxes=inboxes, ports=ends.ports)

    def _let_through(self, ends: FarEnds) -> None:
        """Allow the service to call exactly these three servers of ours."""
        ports = ends.ports
        self.backstage.places.clear()
        self.backstage.places.update((HOST, port) for port in (ports.imap, ports.smtp, ports.replies))

    async def _add_admin(self, password: str) -> None:
        hashed = await hash_password(password)
        async with self.backstage.units(SETUP) as unit:
            admin = await unit.managers.by_email(ADMIN) or await unit.managers.add(first_admin(ADMIN, "Admin", "en"))
            await unit.auth.set_password(admin.id, hashed)

    async def _change(self) -> None:
        """Wait until something may have changed: here, or in a process beside this one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await self._changed.wait()
        self._changed.clear()

    def _memory(self) -> Memory | None:
        return recalled(self.backstage.folder)

    def _present(self) -> Memory:
        memory = self._memory()
        if memory is None:
            raise Conflict("There is no demo here.")
        return memory

    def _note(self, **changes: object) -> Memory:
        return remember(self.backstage.folder, replace(self._present(), **changes))  # type: ignore[arg-type]  # its own fields
