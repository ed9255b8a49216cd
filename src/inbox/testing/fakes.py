"""Fakes of what the service lends to a channel; they keep what they were asked."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from inbox.channel.host import Dialer, Host, Http, HttpAnswer, Log
from inbox.domain.ids import InboxId, new_id
from inbox.errors import OutgoingFailed

NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request that somebody tried to make."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


Scripted: TypeAlias = HttpAnswer | Exception


@dataclass(slots=True)
class RecordingHttp:
    """Answers with what it was given, in that order and then with the last one; keeps every request."""

    answers: deque[Scripted] = field(default_factory=lambda: deque([HttpAnswer(200, {}, b"{}")]))
    requests: list[Request] = field(default_factory=list)

    @classmethod
    def answering(cls, *answers: Scripted) -> RecordingHttp:
        """Return one that gives these answers; errors among them are raised."""
        return cls(deque(answers))

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return self._answer(Request("GET", url, headers or {}))

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return self._answer(Request("POST", url, headers or {}, content))

    def _answer(self, request: Request) -> HttpAnswer:
        self.requests.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(slots=True)
class FakeDialer:
    """Connects every host and port to where a test says; nowhere by default."""

    places: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    dialled: list[tuple[str, int, bool]] = field(default_factory=list)
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def dial(self, host: str, port: int, *, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect without TLS, whatever is asked: the fake servers speak none."""
        self.dialled.append((host, port, tls))
        return await asyncio.open_connection(*self._place(host, port))

    def _place(self, host: str, port: int) -> tuple[str, int]:
        place = self.places.get((host, port))
        if place is None:
            raise OutgoingFailed(f"{host}:{port} does not answer.")
        return place


@dataclass(slots=True)
class FixedClock:
    """A time that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Move the time on."""
        self.now += by


@dataclass(slots=True)
class MemoryLog:
    """A log that can be read back."""

    entries: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, **fields: object) -> None:
        self.entries.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.entries.append(("warning", event, fields))

    def events(self) -> Iterable[str]:
        """Yield the names of what was logged."""
        return (event for _, event, _ in self.entries)


def fake_host(
    *,
    http: Http | None = None,
    dialer: Dialer | None = None,
    clock: FixedClock | None = None,
    log: Log | None = None,
) -> Host:
    """Return a host made of fakes, with what a test wants to look at put in."""
    return Host(
        inbox_id=InboxId(new_id()),
        http=http or RecordingHttp(),
        dialer=dialer or FakeDialer(),
        clock=clock or FixedClock(),
        log=log or MemoryLog(),
        signing_key=b"a key for tests, 32 bytes long...",
        public_url="https://inbox.example",
    )
