"""Managers who answer on and on, and what of it arrived at the far ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx2 as httpx

from inbox.testing.hooks import ReplySink
from inbox.testing.smtp import SmtpSink
from inbox.testing.visitor import Visitor
from tests.e2e.desk import Desk, Json
from tests.e2e.senders import Ledger

ANSWER = re.compile(r"answer (\S+) (\d+) end")
_PAUSE = 0.05  # seconds before a request is repeated
_LOOK = 0.1  # seconds between two looks at the queue


def answer_of(lane: str, number: int) -> str:
    """Return what answer `number` of a lane says; nothing else holds these words."""
    return f"answer {lane} {number} end"


@dataclass(slots=True)
class Answerer:
    """A manager who answers every ticket as soon as somebody has spoken in it, and repeats what was not accepted."""

    name: str
    desk: Desk
    ledger: Ledger
    over: asyncio.Event
    refusals: int = 0  # because somebody had spoken since
    repeated: int = 0  # answers that were given again, since the first had been accepted and its answer lost
    _numbers: dict[str, int] = field(default_factory=dict)

    async def work(self) -> None:
        """Answer until it is over."""
        while not self.over.is_set():
            async with asyncio.TaskGroup() as group:
                for ticket in await self._waiting():
                    group.create_task(self._answer(ticket))
            await asyncio.sleep(_LOOK)

    async def _waiting(self) -> list[Json]:
        """Return the tickets in which the crowd has spoken since anybody answered."""
        items = (await self._asked("GET", "/tickets?view=all&sort=newest&limit=100")).json()["items"]
        return [ticket for ticket in items if ticket["last_direction"] == "inbound"]

    async def _answer(self, ticket: Json) -> None:
        """Say one thing in a ticket; whoever spoke since is read first."""
        lane = f"{self.name}:{ticket['channel']}:{ticket['id']}"
        number = self._numbers.get(lane, 0)
        seen = ticket["last_seq"]
        while (answer := await self._said(ticket, answer_of(lane, number), seen)).status_code == 409:
            self.refusals += 1
            seen = max(message["seq"] for message in answer.json()["missed"])
        assert answer.status_code == 201, answer.text
        self.repeated += "idempotency-replayed" in answer.headers
        self.ledger.write(lane, number)
        self._numbers[lane] = number + 1

    async def _said(self, ticket: Json, text: str, seen: int) -> httpx.Response:
        path = f"/tickets/{ticket['id']}"
        if ticket["channel"] == "telephony":
            at = datetime.now(UTC).isoformat()
            call = {"direction": "outbound", "at": at, "duration": 5, "outcome": "reached", "text": text}
            return await self._asked("POST", f"{path}/calls", call)
        return await self._asked("POST", f"{path}/messages", {"kind": "reply", "text": text, "last_seen": seen})

    async def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Ask until there is an answer; a request that is repeated is the same, by its key."""
        headers = {"idempotency-key": uuid4().hex} if method == "POST" else {}
        while True:
            try:
                answer = await self.desk.client.request(method, f"/api/v1{path}", json=body, headers=headers)
            except httpx.HTTPError:
                await asyncio.sleep(_PAUSE)
                continue
            if answer.status_code < 500:
                return answer
            await asyncio.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the far ends hold of our answers, by lane, in the order of arrival."""

    visitors: Iterable[Visitor]
    platform: ReplySink
    mails: SmtpSink

    def texts(self) -> dict[str, list[str]]:
        """Return the answers that arrived, each as often as it did."""
        arrived: dict[str, list[str]] = {}
        for text in (*self._heard(), *self._published(), *self._delivered()):
            found = ANSWER.search(text)
            assert found, text
            arrived.setdefault(found[1], []).append(found[0])
        return arrived

    def _heard(self) -> list[str]:
        shown = [sorted(guest.messages.items()) for guest in self.visitors]
        return [said["text"] for one in shown for _, said in one if said["from"]["side"] == "team"]

    def _published(self) -> list[str]:
        return [str(reply["body"]["text"]) for reply in self.platform.replies.values()]

    def _delivered(self) -> list[str]:
        return [_text_of(sent.body) for sent in self.mails.mails]


def _text_of(mail: bytes) -> str:
    read: EmailMessage = message_from_bytes(mail, policy=policy.default)
    body = read.get_body(("plain",))
    return body.get_content() if body is not None else ""


async def until(settled: Callable[[], bool], *, within: float) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not settled():  # noqa: ASYNC110 - the far ends are not one thing to wait for
            await asyncio.sleep(0.1)
