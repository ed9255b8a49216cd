"""Four kinds of senders that never give up, and the ledger of what they were promised."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from inbox.errors import OutgoingFailed
from inbox.testing.hooks import ReplySink, WebhookSender, call_event, comment_event
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.visitor import Visitor
from tests.e2e.mails import mail

_BREATH = 0.5  # seconds at most between two things that one says
_MAIL = 1.5  # seconds; nothing holds a mail up while the service is down, so mails would soon be most of it all
_PAUSE = 0.02  # seconds before something that was not accepted is sent again


@dataclass(slots=True)
class Ledger:
    """What was accepted, on the disk before anybody relies on it: `lane number`, a line each."""

    path: Path
    accepted: list[tuple[str, int]] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)

    def write(self, lane: str, number: int) -> None:
        """Note that an item was accepted."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{lane} {number}\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> dict[str, list[int]]:
        """Return the accepted numbers of each lane, in the order in which they were accepted."""
        lanes: dict[str, list[int]] = {}
        if not self.path.exists():
            return lanes
        for line in self.path.read_text(encoding="utf-8").splitlines():
            lane, number = line.split()
            lanes.setdefault(lane, []).append(int(number))
        return lanes


def text_of(lane: str, number: int) -> str:
    """Return what item `number` of a lane says; nothing else holds these words."""
    return f"item {lane} {number} end"


@dataclass(slots=True)
class Crowd:
    """Everybody who writes while the service is killed again and again."""

    ledger: Ledger
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def chats(self, lane: str, visitor: Visitor) -> None:
        """Say one thing after the other; the visitor's own outbox repeats what was not confirmed."""
        await self._lane(lane, lambda n: self._said(visitor, text_of(lane, n)))

    async def comments(self, lane: str, sender: WebhookSender, sink: ReplySink) -> None:
        """Write one comment after the other in one public thread; answers to it go to the sink."""

        async def post(n: int) -> bool:
            key = f"{lane}-{n}"
            event = comment_event(key, text_of(lane, n), thread=lane, author=f"u-{lane}", reply_url=sink.url(key))
            return await self._posted(sender, event, f"msg_{lane}_{n}")

        await self._lane(lane, post)

    async def calls(self, lane: str, sender: WebhookSender) -> None:
        """Miss one call after the other of one number: each rings, and is missed."""
        caller = f"+4930{1_000_000 + int(lane.rpartition('-')[2])}"

        async def ring(n: int) -> bool:
            for event in ("ringing", "missed"):
                report = call_event(f"{lane}-{n}", event, caller=caller, at=datetime.now(UTC))
                if not await self._posted(sender, report, f"msg_{lane}_{n}_{event}"):
                    return False
            return True

        await self._lane(lane, ring)

    async def mails(self, lane: str, server: ScriptedImapServer) -> None:
        """Deliver one mail after the other, each an answer to the one before; the mailbox keeps them until fetched."""

        async def deliver(n: int) -> bool:
            body = mail(f"{lane}@example.org", f"<{lane}-{n}@example.org>", lane, text_of(lane, n))
            if n:
                body = f"References: <{lane}-{n - 1}@example.org>\n".encode() + body
            server.append(body)
            await asyncio.sleep(random.random() * _MAIL)
            return True

        await self._lane(lane, deliver)

    async def _lane(self, lane: str, accepted: Callable[[int], Awaitable[bool]]) -> None:
        number = 0
        while not self.over.is_set():
            while not await accepted(number):  # noqa: ASYNC110 - a sender tries again, whatever happens meanwhile
                await asyncio.sleep(_PAUSE)
            self.ledger.write(lane, number)
            number += 1
            await asyncio.sleep(random.random() * _BREATH)

    async def _said(self, visitor: Visitor, text: str) -> bool:
        self.ledger.tries["chat"] += 1
        await visitor.say(text)
        return True

    async def _posted(self, sender: WebhookSender, event: dict[str, object], message_id: str) -> bool:
        self.ledger.tries["hooks"] += 1
        try:
            answer = await sender.send(event, message_id=message_id)
        except OutgoingFailed:
            return False
        assert answer.status < 400 or answer.status >= 500, answer
        return answer.status < 300
