"""The application on a database of the test's own, and callers of every kind."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from inbox.api.app import create_app
from inbox.api.edge import Edge
from inbox.api.visitor_limits import Limits
from inbox.app import api_keys
from inbox.app.letters import Letter
from inbox.app.passwords import hash_password
from inbox.channel.registry import installed
from inbox.domain.credentials import Scope, hash_of, new_token
from inbox.domain.ids import InboxId, ManagerId, new_id
from inbox.domain.manager import EVERYTHING, Access, Manager, Role
from inbox.errors import Unavailable
from inbox.secrets import Vault
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FixedClock, fake_host
from tests.api.chatting import serving
from tests.api.composition import composed
from tests.api.posting import JUDGE, MAIL, Post

SITE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"


@dataclass(slots=True)
class KeptPost:
    """A postman who keeps all letters, unless he is on strike."""

    letters: list[Letter] = field(default_factory=list)
    on_strike: bool = False

    async def send(self, letter: Letter) -> None:
        if self.on_strike:
            raise Unavailable
        self.letters.append(letter)


@dataclass(slots=True)
class House:
    """The application, and who may knock."""

    app: FastAPI
    units: Units
    clock: FixedClock
    announced: list[str]
    stack: AsyncExitStack
    hashed: dict[str, str] = field(default_factory=dict)

    async def manager(
        self, role: Role = Role.ADMIN, *, access: Access = EVERYTHING, name: str = "Aylin", email: str | None = None
    ) -> Manager:
        """Store a manager whose password is PASSWORD."""
        address = email or f"{name.lower()}-{new_id().hex[-6:]}@mitmachwerk.example"
        async with self.units() as unit:
            manager = await unit.managers.add(Manager(ManagerId(new_id()), address, name, role, access=access))
            await unit.auth.set_password(manager.id, await self._password_hash())
        return manager

    async def browser(self, manager: Manager) -> httpx.AsyncClient:
        """Return the browser of a manager who is signed in."""
        token = new_token()
        async with self.units() as unit:
            proof = await self._password_hash()
            await unit.auth.open_session(hash_of(token), manager.id, proof=proof, agent=None, now=self.clock())
        return await self.nobody(cookies={"inbox": token})

    async def program(
        self, *scopes: Scope | str, inboxes: Iterable[InboxId] | None = None
    ) -> tuple[httpx.AsyncClient, str]:
        """Return a program that calls with a key of these scopes, and the key."""
        by = await self.manager(name="Keymaker")
        async with self.units() as unit:
            _, text = await api_keys.create(
                unit,
                "shop",
                scopes=frozenset(Scope(scope) for scope in scopes),
                inboxes=None if inboxes is None else frozenset(inboxes),
                by=by.id,
                now=self.clock(),
            )
        return await self.nobody(headers={"authorization": f"Bearer {text}"}), text

    async def nobody(self, address: str = "203.0.113.9", **more: Any) -> httpx.AsyncClient:
        """Return somebody who has not signed in."""
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        client = httpx.AsyncClient(transport=transport, base_url=SITE, **more)
        return await self.stack.enter_async_context(client)

    async def _password_hash(self) -> str:
        if PASSWORD not in self.hashed:
            self.hashed[PASSWORD] = await hash_password(PASSWORD)
        return self.hashed[PASSWORD]


@pytest.fixture
def postman() -> KeptPost | None:
    """No mail server is set, unless a test says otherwise."""
    return None


@pytest.fixture
def clock() -> FixedClock:
    """The service's time."""
    return FixedClock()


@pytest.fixture
async def house(units: Units, clock: FixedClock, tmp_path: Path, postman: KeptPost | None) -> AsyncIterator[House]:
    """The application on a fresh database."""
    announced: list[str] = []
    edge = Edge(SITE, postman=postman, announce=announced.append)
    host = fake_host(clock=clock)
    services = composed(
        units, tmp_path / "blobs", channels=installed(), host_for=lambda _: host, clock=clock, edge=edge
    )
    async with AsyncExitStack() as stack:
        yield House(create_app(services), units, clock, announced, stack)
    await services.inboxes.close()


@pytest.fixture
async def post(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[Post]:
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        mail = await service.add_inbox("email", **MAIL, authentication_server=JUDGE)
        chat = await service.add_inbox(continue_in=str(mail.id), form="name_email", title="Funkenwerk")
        yield Post(service, mail, chat, count())
