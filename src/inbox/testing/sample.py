"""What a channel gives to the contract tests: settings, things that arrive, and one message to send.

A channel's package has a module `sample` with a function `sample() -> Sample`, or a test of its own makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inbox.channel.contract import Channel
from inbox.channel.model import Original, Outgoing, WebhookCall
from inbox.testing.fakes import NOON


@dataclass(frozen=True, slots=True)
class Sample:
    """A channel with examples of what it meets; whatever does not apply to it stays empty."""

    channel: Channel[Any]
    config: Mapping[str, Any] = field(default_factory=dict)  # settings that are accepted
    other_secret: Mapping[str, Any] = field(default_factory=dict)  # the same inbox with all secrets changed
    originals: tuple[Original, ...] = ()  # each is understood as at least one message
    calls: tuple[WebhookCall, ...] = ()  # signed webhooks that are accepted
    signature_header: str | None = None  # whose value proves the calls
    outgoing: Outgoing | None = None  # a message that can be sent
    sends_by_http: bool = False  # `outgoing` leaves by one HTTP request


def original(body: bytes, *, key: str = "original-1", content_type: str = "application/json") -> Original:
    """Return something that arrived at noon."""
    return Original(key=key, body=body, content_type=content_type, at=NOON)
