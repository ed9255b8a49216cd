"""A received message on its way in, with all that decides what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.app.languages import SILENCE, Heard
from inbox.app.routing import Current
from inbox.channel.contract import Folds
from inbox.channel.model import Capabilities, Original, Received
from inbox.domain.ids import OriginalId
from inbox.domain.inbox import Inbox
from inbox.domain.message import Attachment


@dataclass(frozen=True, slots=True)
class Arrival:
    """A received message with where and how it came."""

    inbox: Inbox
    capabilities: Capabilities
    received: Received
    attachments: tuple[Attachment, ...] = ()
    original: Original | None = None  # stored with the message; None when it was kept before
    heard: Heard = SILENCE
    routing: Current = field(default_factory=Current)  # the rules as they are now
    folds: Folds | None = None  # knows again what is repeated of earlier messages
    original_id: OriginalId | None = None  # of the one that was kept before
