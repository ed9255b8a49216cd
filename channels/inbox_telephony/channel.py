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
from inbox.channel.webhooks import Webhooks
from inbox.domain.threading import Threading
from inbox.errors import DeliveryFailed
from inbox_telephony.config import TelephonyConfig
from inbox_telephony.event import understood


class TelephonyConnection:
    """One telephone line's events."""

    def __init__(self, config: TelephonyConfig, host: Host) -> None:
        self._config = config
        self._host = host
        self._webhooks = Webhooks(config.secret, config.previous_secret)

    def verify(self, call: WebhookCall) -> Original:
        """Prove the system by its signature, or one that cannot sign by the token in the path."""
        return self._webhooks.original(call, token=self._config.token, offered=call.path.strip("/"))

    def challenge(self, call: WebhookCall) -> bytes | None:
        """Telephony systems that are supported ask for no handshake."""
        return None

    def understand(self, original: Original) -> Sequence[Received]:
        return understood(original, self._config.region)

    async def send(self, message: Outgoing) -> Receipt:
        raise DeliveryFailed("A call cannot be answered in writing; call back, then write down what was said.")

    async def check(self) -> Health:
        return Health(ok=True, note="Nothing to try: the telephony system calls the hook's address.")


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
