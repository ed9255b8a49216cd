"""What a channel must offer; the core knows nothing else about it.

A *channel* is a kind of correspondence, stateless, registered once by an entry point of `inbox.channels`. An *inbox*
is one configured use of it; opened, it is a *connection*. What a connection can do beyond sending it says by also being
one of the small protocols below. `inbox.testing.contract` holds the tests that every channel must pass.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

from inbox.channel.host import Host
from inbox.channel.model import (
    Acknowledgement,
    Batch,
    Capabilities,
    Health,
    Letter,
    Original,
    Outgoing,
    Receipt,
    Received,
    Sender,
    Told,
    WebhookCall,
)
from inbox.domain.ids import InboxId
from inbox.errors import MessageUnreadable


class ChannelConfig(BaseModel):
    """The settings of one inbox; its JSON schema draws the form.

    Every field has a title and a description in both languages: `inbox.channel.config.titled` makes one. Secrets are
    `pydantic.SecretStr`: they are sealed at rest and never read back; one that is sent names in `goes_to` the settings
    that say where to, and is asked for again when these change.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


C = TypeVar("C", bound=ChannelConfig)
Answer: TypeAlias = "Sequence[Received] | MessageUnreadable"  # what was understood of an original, or why nothing


class Connection(Protocol):
    """An opened inbox."""

    async def send(self, message: Outgoing) -> Receipt:
        """Hand one message over to the far end.

        Raises:
            DeliveryDelayed: try again later; FarEndGone if that holds for every message.
            DeliveryPaced: try again later, and do not count this time.
            DeliveryFailed: never will.
            DeliveryUncertain: it may have arrived; a person decides.
            ConfigRejected: the inbox's settings are to blame, not the message.
        """

    async def check(self) -> Health:
        """Try the settings against the real far end, within 20 seconds; never raises."""


class Channel(Protocol[C]):
    """A kind of correspondence."""

    kind: ClassVar[str]  # "email": lower case, unique, never renamed
    title: ClassVar[Mapping[str, str]]  # {"en": "E-mail", "de": "E-Mail"}
    contract: ClassVar[int]  # the CONTRACT that it was written for
    capabilities: ClassVar[Capabilities]

    @property
    def config(self) -> type[C]:
        """The model of an inbox's settings."""

    def open(self, config: C, host: Host) -> AbstractAsyncContextManager[Connection]:
        """Open an inbox; connects only when something is to be done."""


@runtime_checkable
class Understands(Protocol):
    """Turns originals into messages. Pure and repeatable: no input or output."""

    def understand(self, original: Original) -> Sequence[Received]:
        """Parse one original; an empty answer means that there is nothing to store. Raises MessageUnreadable."""


@runtime_checkable
class ReadsApart(Understands, Protocol):
    """Understands what strangers can make dear or dangerous: the service does so in a process that it can kill."""

    @property
    def reader(self) -> Understands:
        """Return a value that can be pickled, and understands as the connection itself does."""


@runtime_checkable
class Cleans(Understands, Protocol):
    """Cleans the HTML of strangers by rules that get better: what older ones cleaned is understood again when shown.

    It writes the version of its rules as `meta["cleaner"]` to the messages that have HTML.
    """

    @property
    def cleaner(self) -> int:
        """Return the version of its rules; any other than a message's own is newer."""


@runtime_checkable
class Pushes(Understands, Protocol):
    """Is sent webhooks."""

    def verify(self, call: WebhookCall) -> Original:
        """Check the signature before anything is parsed, and name the call. Raises SignatureRejected."""

    def challenge(self, call: WebhookCall) -> bytes | None:
        """Answer a handshake (`ping`, hub.challenge); None for an ordinary call."""


@runtime_checkable
class Pulls(Understands, Protocol):
    """Fetches by itself: IMAP, polling."""

    def receive(self, cursor: Mapping[str, Any] | None) -> AsyncIterator[Batch]:
        """Yield what came after `cursor`, oldest first, then wait for more; never ends by itself.

        The service commits originals and cursor in one transaction before it asks for the next batch, so a channel
        keeps no place of its own and may yield an original twice. Raises Unavailable or ConfigRejected on a lost
        connection; the service opens it again with back-off.
        """


@runtime_checkable
class Prepares(Protocol):
    """Freezes what will be sent when a message is queued, so that every try is identical."""

    def prepare(self, message: Outgoing) -> tuple[str, bytes]:
        """Return the external id and the bytes. Pure: the same message gives the same bytes."""


@runtime_checkable
class Addressed(Protocol):
    """Is written to at addresses of its own, which our messages never go to: we would answer ourselves."""

    def addresses(self) -> Sequence[str]:
        """Return the addresses."""


@runtime_checkable
class Probes(Protocol):
    """Finds out by a message to itself what its far end can do, before it builds on that."""

    def wants_proof(self) -> bool:
        """Tell whether a message is to be sent."""

    async def probe(self) -> None:
        """Send it; when it arrives, it is understood as one that `proves` settings. Raises as `send` does."""


@runtime_checkable
class Paces(Protocol):
    """Is let send only so much; the service holds back the rest, in all its processes together."""

    def per_minute(self) -> int:
        """Return how many messages may be sent in a minute; 0 for any number."""


@runtime_checkable
class Signs(Protocol):
    """Puts a signature below answers, in their language."""

    def signature(self, language: str | None) -> str:
        """Return what stands below an answer in a language; empty for nothing."""


@runtime_checkable
class Folds(Protocol):
    """Knows in an answer what it repeats of what was said before: the service knows what that was."""

    def fold(self, received: Received, told: Sequence[Told]) -> Received:
        """Return an answer with what it repeats in `quoted`, the nearest first in `told`. Pure, in linear time."""


@runtime_checkable
class Acknowledges(Protocol):
    """Tells whoever begins a ticket that their message is here, if its managers want that."""

    def acknowledgement(self, language: str | None, number: int) -> Acknowledgement | None:
        """Return the words in a language, or another, for the ticket of a number; None while it is switched off."""


@runtime_checkable
class Visits(Protocol):
    """Is visited live over a websocket (`WS /chat/{inbox_id}`)."""

    def origin_allowed(self, origin: str | None) -> bool:
        """Tell whether a page of this origin may open the socket."""

    def greeting(self, locale: str) -> Mapping[str, Any]:
        """Return what a visitor is shown before the first message: name, texts, pre-chat fields."""

    def identify(self, token: str | None, form: Mapping[str, str]) -> Sender:
        """Name the visitor from a token that the platform signed (verified claims), or from the form (unverified ones).

        The service adds the visitor's own claim. Raises SignatureRejected for a token that does not fit, Invalid for a
        form that misses a required field.
        """


@runtime_checkable
class Continues(Protocol):
    """Lets another inbox, one whose channel `starts_tickets`, write to visitors who left before they were answered."""

    def continues_in(self) -> InboxId | None:
        """Return the inbox that writes; None if none does."""

    def grace(self) -> timedelta:
        """Return how long a visitor must have been gone: more than half a minute, within which nobody is missed."""

    def letter(self, locale: str | None) -> Letter:
        """Return the words around the answers; nothing in them may come from the visitor, whose address is unproved."""


@runtime_checkable
class TakesFiles(Protocol):
    """Lets its visitors send files; its channel's `attachment_limit` bounds them too."""

    def file_limit(self) -> int:
        """Return how many bytes one file of a visitor may have; 0 if they may send none."""
