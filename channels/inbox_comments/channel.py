"""The comments channel and its opened inboxes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import orjson

from inbox.channel.host import Host
from inbox.channel.model import (
    CONTRACT,
    Capabilities,
    Health,
    Original,
    Outgoing,
    Receipt,
    Received,
    WebhookCall,
)
from inbox.channel.webhooks import Webhooks
from inbox.domain.threading import Threading
from inbox.errors import (
    DeliveryDelayed,
    DeliveryForbidden,
    MessageUnreadable,
    OutgoingFailed,
    OutgoingRefused,
)
from inbox_comments.config import CommentsConfig
from inbox_comments.event import kind_of, understood
from inbox_comments.replies import address_of, body_of, receipt_for

PONG = orjson.dumps({"status": "pong"})
PATIENCE = 15.0  # seconds for a check


class CommentsConnection:
    """One platform's comments."""

    def __init__(self, config: CommentsConfig, host: Host) -> None:
        self._config = config
        self._host = host
        self._webhooks = Webhooks(config.secret, config.previous_secret)
        self.patience = PATIENCE

    def verify(self, call: WebhookCall) -> Original:
        return self._webhooks.original(call, token=self._config.bearer_token, offered=_bearer(call))

    def challenge(self, call: WebhookCall) -> bytes | None:
        if b"ping" not in call.body or not self._is_ping(call):
            return None
        self.verify(call)
        return PONG

    def understand(self, original: Original) -> Sequence[Received]:
        return understood(original, self._config)

    async def send(self, message: Outgoing) -> Receipt:
        now = self._host.clock()
        url = address_of(message, self._config.reply_origins, now=now)
        body = body_of(message)
        headers = self._webhooks.headers(str(message.id), body, at=now)
        headers |= {"content-type": "application/json", "idempotency-key": str(message.id)}
        try:
            answer = await self._host.http.post(url, content=body, headers=headers)
        except OutgoingRefused as error:
            raise DeliveryForbidden(f"The reply address may not be called: {error}") from error
        except (OutgoingFailed, TimeoutError) as error:
            # It may have arrived all the same: safe to repeat, since the platform knows it by its Idempotency-Key.
            raise DeliveryDelayed(f"The platform does not answer: {error}") from error
        return receipt_for(answer, now=now)

    async def check(self) -> Health:
        if not self._config.reply_origins:
            return Health(ok=True, note="Comments can arrive; to answer them, name the platform's origin.")
        for origin in self._config.reply_origins:
            trouble = await self._trouble_with(origin)
            if trouble:
                return Health(ok=False, note=trouble, field="reply_origins", level="failing")
        return Health(ok=True, note="The platform answers.")

    async def _trouble_with(self, origin: str) -> str | None:
        try:
            async with asyncio.timeout(self.patience / len(self._config.reply_origins)):
                answer = await self._host.http.get(origin)
        except (OutgoingRefused, OutgoingFailed, TimeoutError) as error:
            return f"{origin} does not answer: {error}"
        return f"{origin} answers {answer.status}." if answer.status >= 500 else None

    def _is_ping(self, call: WebhookCall) -> bool:
        try:
            return kind_of(call.body) == "ping"
        except MessageUnreadable:
            return False


class CommentsChannel:
    """Comments by a signed webhook, one ticket for each public thread."""

    kind: ClassVar[str] = "comments"
    title: ClassVar[Mapping[str, str]] = {"en": "Comments", "de": "Kommentare"}
    contract: ClassVar[int] = CONTRACT
    capabilities: ClassVar[Capabilities] = Capabilities(
        hooks=True,
        threading=Threading.PUBLIC,
        text_limit=10_000,
        public=True,
        edits=True,
        target=timedelta(hours=1),
        resend_safe=True,  # by Idempotency-Key and client_ref
    )

    @property
    def config(self) -> type[CommentsConfig]:
        return CommentsConfig

    @asynccontextmanager
    async def open(self, config: CommentsConfig, host: Host) -> AsyncIterator[CommentsConnection]:
        yield CommentsConnection(config, host)


def _bearer(call: WebhookCall) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
