"""The channel `chat`, and one inbox of it, opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from inbox.channel.host import Host
from inbox.channel.model import (
    CONTRACT,
    Capabilities,
    Health,
    Letter,
    Outgoing,
    Receipt,
    Sender,
)
from inbox.domain.ids import InboxId
from inbox.domain.message import Delivery
from inbox.domain.threading import Threading
from inbox_chat.config import MOST_MEGABYTES, ChatConfig
from inbox_chat.forms import fields_of, introduced
from inbox_chat.identity import signed_sender
from inbox_chat.letters import letter
from inbox_chat.origins import origin_of

TEXT_LIMIT = 8000  # characters of one chat message
MEGABYTE = 1_000_000  # bytes, as people count them


class ChatConnection:
    """One chat inbox. Its far end follows the ticket over its own socket, so there is nothing to connect to."""

    def __init__(self, config: ChatConfig, host: Host) -> None:
        self._config = config
        self._host = host
        self._origins = frozenset(origin_of(site) for site in config.sites)
        self._own = origin_of(host.public_url) if host.public_url else None

    async def send(self, message: Outgoing) -> Receipt:
        """Call a committed message sent: the visitor's socket reads it from the ticket's public log."""
        return Receipt(delivery=Delivery.SENT, external_id=str(message.id))

    async def check(self) -> Health:
        """Say on which sites the widget may run; there is no far end to try."""
        if not self._origins:
            return Health(
                ok=False,
                level="failing",
                field="sites",
                note="No site may show the widget yet.",
            )
        return Health(
            ok=True,
            level="ok",
            note=f"The widget may run on {', '.join(sorted(self._origins))}.",
        )

    def origin_allowed(self, origin: str | None) -> bool:
        """Let the listed sites open the socket, and our own pages; never a request without an origin."""
        return origin is not None and (origin in self._origins or origin == self._own)

    def file_limit(self) -> int:
        """Return what the inbox allows its visitors."""
        return self._config.file_limit * MEGABYTE if self._config.files else 0

    def continues_in(self) -> InboxId | None:
        """Return the inbox that the settings name."""
        return InboxId(UUID(self._config.continue_in)) if self._config.continue_in else None

    def grace(self) -> timedelta:
        """Return the time that the settings give."""
        return timedelta(minutes=self._config.grace_minutes)

    def letter(self, locale: str | None) -> Letter:
        """Return the words in the visitor's language, else in English."""
        return letter(self._config.title, locale)

    def greeting(self, locale: str) -> Mapping[str, Any]:
        """Return the widget's name, texts and pre-chat fields in the visitor's language, else in English."""
        config, german = self._config, locale.lower().partition("-")[0] == "de"
        return {
            "name": config.title,
            "text": config.greeting_de if german else config.greeting_en,
            "offline": config.offline_de if german else config.offline_en,
            "privacy": config.privacy_de if german else config.privacy_en,
            "privacy_url": config.privacy_url,
            "color": config.color,
            "form": [{"name": field.name, "required": field.required} for field in fields_of(config.form)],
        }

    def identify(self, token: str | None, form: Mapping[str, str]) -> Sender:
        """Believe what the platform signed; what the visitor only typed stays unverified."""
        if token:
            return signed_sender(
                token,
                config=self._config,
                audience=str(self._host.inbox_id),
                now=self._host.clock(),
            )
        return introduced(form, fields_of(self._config.form))


class ChatChannel:
    """Live chat on the pages of a platform."""

    kind: ClassVar[str] = "chat"
    title: ClassVar[Mapping[str, str]] = {"en": "Live chat", "de": "Live-Chat"}
    contract: ClassVar[int] = CONTRACT
    capabilities: ClassVar[Capabilities] = Capabilities(
        threading=Threading.CONTACT,
        text_limit=TEXT_LIMIT,
        attachments=True,
        attachment_limit=MOST_MEGABYTES * MEGABYTE,
        live=True,
        typing=True,
        weight=30,
        target=timedelta(minutes=1),
    )

    @property
    def config(self) -> type[ChatConfig]:
        """The settings of a chat inbox."""
        return ChatConfig

    @asynccontextmanager
    async def open(self, config: ChatConfig, host: Host) -> AsyncIterator[ChatConnection]:
        """Open a chat inbox; nothing is connected."""
        yield ChatConnection(config, host)
