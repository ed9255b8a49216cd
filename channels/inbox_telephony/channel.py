"""The telephony channel and its opened inboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

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
from inbox.channel.webhooks import Webhooks, digest_key, same_token
from inbox.domain.threading import Threading
from inbox.errors import DeliveryFailed, SignatureRejected, TooLarge
from inbox_telephony.config import TelephonyConfig
from inbox_telephony.event import understood

LIMIT = 256 * 1024  # bytes of one event


class TelephonyConnection:
    """One telephone line's events."""

    def __init__(self, config: TelephonyConfig, host: Host) -> None:
        self._config = config
        self._host = host
        self._webhooks = Webhooks(config.secret, config.previous_secret)

    def verify(self, call: WebhookCall) -> Original:
        if len(call.body) > LIMIT:
            raise TooLarge(f"A call event may have {LIMIT // 1024} KiB.")
        return Original(
            key=self._key(call),
            body=call.body,
            content_type=call.headers.get("content-type", "application/json"),
            at=call.at,
        )

    def challenge(self, call: WebhookCall) -> bytes | None:
        """Telephony systems that are supported ask for no handshake."""
        return None

    def understand(self, original: Original) -> Sequence[Received]:
        return understood(original, self._config.region)

    async def send(self, message: Outgoing) -> Receipt:
        raise DeliveryFailed("A call cannot be answered in writing; call back, then write down what was said.")

    async def check(self) -> Health:
        return Health(ok=True, note="Nothing to try: the telephony system calls the hook's address.")

    def _key(self, call: WebhookCall) -> str:
        """Name the call; a token in the path proves the sender of a system that cannot sign."""
        try:
            return self._webhooks.verified_id(call)
        except SignatureRejected:
            if not same_token(self._config.token, call.path.strip("/")):
                raise
        return digest_key(call.body)


class TelephonyChannel:
    """Calls as a telephony system reports them: one call is one message, a missed one asks to be called back."""

    kind: ClassVar[str] = "telephony"
    title: ClassVar[Mapping[str, str]] = {"en": "Telephone", "de": "Telefon"}
    contract: ClassVar[int] = CONTRACT
    capabilities: ClassVar[Capabilities] = Capabilities(
        hooks=True,
        threading=Threading.CONTACT,
        text_limit=10_000,
        logs_by_hand=True,
        replies=False,
        weight=100,
        target=timedelta(minutes=30),
    )

    @property
    def config(self) -> type[TelephonyConfig]:
        return TelephonyConfig

    @asynccontextmanager
    async def open(self, config: TelephonyConfig, host: Host) -> AsyncIterator[TelephonyConnection]:
        yield TelephonyConnection(config, host)
