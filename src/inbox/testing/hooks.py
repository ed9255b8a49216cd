"""The far ends of hooks: senders of comments and calls, and a platform that takes our answers to its comments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import SecretStr

from inbox.channel.host import Http, HttpAnswer
from inbox.channel.model import WebhookCall
from inbox.channel.webhooks import Webhooks
from inbox.domain.ids import new_id
from inbox.errors import SignatureRejected
from inbox.testing.fakes import NOON, Request
from inbox.testing.http import http_server


def comment_event(  # noqa: PLR0913 - a builder has a default for everything
    comment_id: str = "c-1",
    text: str = "Wann kommt die Auszahlung?",
    *,
    kind: str = "comment.created",
    version: int = 1,
    thread: str = "update-3",
    parent: str | None = None,
    author: str | None = "u-17",
    name: str = "Greta M.",
    campaign: str | None = "lumi",
    platform: str = "mitmachwerk.example",
    reply_url: str | None = None,
    at: datetime = NOON,
    language: str | None = "de",
    client_ref: str | None = None,
) -> dict[str, Any]:
    """Return a comment event as a platform would send it."""
    reply = {"url": reply_url, "actions": ["reply"]} if reply_url else None
    comment = {
        "id": comment_id,
        "parent_id": parent,
        "version": version,
        "created_at": at.isoformat(),
        "permalink": f"https://{platform}/{thread}#{comment_id}",
        "body": {"text": text, "format": "text"},
        "language": language,
    }
    return {
        "type": kind,
        "timestamp": at.isoformat(),
        "data": {
            "platform": platform,
            "campaign": {"id": campaign, "title": campaign.title()} if campaign else None,
            "thread": {"id": thread, "title": thread.replace("-", " ").capitalize()},
            "comment": comment,
            "author": {"id": author, "display_name": name},
            "origin": {"client_ref": client_ref} if client_ref else None,
            "reply": reply,
        },
    }


def call_event(
    call_id: str,
    event: str,
    *,
    caller: str = "+4930901820",
    callee: str = "+4989555000",
    at: datetime | None = None,
    **fields: object,
) -> dict[str, Any]:
    """Return a call event; `fields` are those that only some events have, such as duration or cause."""
    when = {"at": at.isoformat()} if at else {}
    return {"call_id": call_id, "event": event, "direction": "in", "from": caller, "to": callee} | when | fields


def signed_call(
    event: Mapping[str, Any] | bytes, secret: str, *, at: datetime = NOON, message_id: str = "msg_1", path: str = ""
) -> WebhookCall:
    """Return a webhook call as the service hands it to a channel."""
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    headers = Webhooks(SecretStr(secret)).headers(message_id, body, at=at)
    return WebhookCall("POST", path, headers | {"content-type": "application/json"}, {}, body, at)


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """A platform or a telephone system that signs what it sends."""

    url: str
    secret: str
    http: Http

    async def send(
        self, event: Mapping[str, Any], *, message_id: str | None = None, at: datetime | None = None
    ) -> HttpAnswer:
        """Send an event once; the same `message_id` again is a repeated delivery."""
        body = orjson.dumps(event)
        signed = Webhooks(SecretStr(self.secret)).headers(
            message_id or f"msg_{new_id().hex}", body, at=at or datetime.now(UTC)
        )
        return await self.http.post(self.url, content=body, headers=signed | {"content-type": "application/json"})


@dataclass(slots=True)
class ReplySink:
    """A platform's address for answers: checks the signature, publishes each answer once, remembers it."""

    origin: str
    webhooks: Webhooks
    prefix: str = "r-"  # of the ids that it gives to published answers
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)  # by Idempotency-Key, in order of arrival
    tries: int = 0
    failures: list[HttpAnswer] = field(default_factory=list)  # answered first, one a try
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, comment_id: str) -> str:
        """Return the reply address of a comment."""
        return f"{self.origin}/comments/{comment_id}/replies"

    async def wait_for(self, count: int, *, timeout: float = 10) -> list[dict[str, Any]]:  # noqa: ASYNC109 - a test's
        """Wait until so many different answers came, and return their data."""
        async with asyncio.timeout(timeout), self.arrived:
            await self.arrived.wait_for(lambda: len(self.replies) >= count)
        return list(self.replies.values())

    async def answer(self, request: Request) -> HttpAnswer:
        """Take one answer."""
        if request.method == "GET":
            return _json(200, {"status": "ok"})
        self.tries += 1
        if self.failures:
            return self.failures.pop(0)
        try:
            self.webhooks.verified_id(_as_call(request))
        except SignatureRejected as error:
            return _json(401, {"detail": str(error)})
        return await self._published(request)

    async def _published(self, request: Request) -> HttpAnswer:
        key = request.headers["idempotency-key"]
        async with self.arrived:
            self.replies.setdefault(key, orjson.loads(request.content)["data"])
            self.arrived.notify_all()
        made = f"{self.prefix}{list(self.replies).index(key) + 1}"
        return _json(201, {"id": made, "permalink": f"{self.origin}/#{made}"})


@asynccontextmanager
async def reply_sink(secret: str, *, port: int = 0) -> AsyncIterator[ReplySink]:
    """Serve a reply sink, on a free port unless one is named."""
    sink = ReplySink("", Webhooks(SecretStr(secret)))
    async with http_server(sink.answer, port=port) as origin:
        sink.origin = origin
        yield sink


def _as_call(request: Request) -> WebhookCall:
    return WebhookCall(request.method, request.url, request.headers, {}, request.content, datetime.now(UTC))


def _json(status: int, value: object) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": "application/json"}, orjson.dumps(value))
