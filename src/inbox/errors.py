"""Every error that the service raises on purpose.

    InboxError
    ├── NotFound              nothing there, or nothing that the caller may know of
    ├── Forbidden             known caller, not allowed
    ├── NotSignedIn           no or no longer valid credentials
    ├── Invalid               the request makes no sense as it is
    │   ├── Suppressed        a mail to somebody whom mails do not reach
    │   └── TooLarge          over a limit of size
    ├── Conflict              true a moment ago
    │   ├── StaleVersion      somebody changed it since
    │   ├── AlreadyClaimed    somebody was quicker
    │   ├── SpokenSince       somebody wrote since the writer last looked
    │   ├── TransitionRefused the state does not allow it
    │   ├── Merged            the ticket is a part of another by now
    │   ├── SwitchedOff       the inbox sends nothing any more
    │   └── DifferentContacts two tickets are of two people; say that you mean it
    ├── LimitReached          too often; says when again
    ├── Unavailable           a part of ours does not answer
    │   ├── StorageFull       no room for attachments
    │   ├── SecretUnreadable  a sealed secret does not open
    │   └── StartRefused      the service cannot start, and says why in one sentence
    │       ├── DataDirInUse      another inbox has it
    │       ├── DataDirUnusable   cannot be written, entered or trusted
    │       ├── DiskFull          no space left
    │       └── DatabaseUnavailable
    │           └── DatabaseVersionMismatch  its files are of another PostgreSQL
    └── ChannelError
        ├── ConfigRejected    credentials or settings are wrong: ask a person
        ├── SignatureRejected not from whom it claims
        ├── MessageUnreadable cannot be understood: quarantine
        ├── DeliveryDelayed   try again later
        ├── DeliveryFailed    never try again
        │   └── RecipientGone nor write to this address
        ├── DeliveryUncertain may have arrived: never try again by itself
        ├── OutgoingRefused   an address that we never call
        └── OutgoingFailed    the far end did not answer in time, or not in HTTP

HTTP stays outside: `inbox.api.problems` gives each its status. `code` is public and never renamed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class InboxError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").partition("\n")[0])


class NotFound(InboxError):
    """There is nothing here under that id."""

    code = "not_found"


class Forbidden(InboxError):
    """You may not do this."""

    code = "forbidden"


class NotSignedIn(InboxError):
    """Sign in first."""

    code = "not_signed_in"


class Invalid(InboxError):
    """The request cannot be understood."""

    code = "invalid"

    def __init__(self, message: str | None = None, *, pointer: str | None = None) -> None:
        super().__init__(message)
        self.pointer = pointer  # RFC 6901, to the field that does not fit


class Suppressed(Invalid):
    """Mails to this address do not arrive."""

    code = "suppressed"


class TooLarge(Invalid):
    """The request is larger than the limit."""

    code = "too_large"


class Conflict(InboxError):
    """This is no longer possible."""

    code = "conflict"


class StaleVersion(Conflict):
    """Somebody changed this in the meantime."""

    code = "stale_version"


class AlreadyClaimed(Conflict):
    """Somebody else has taken this ticket."""

    code = "already_claimed"

    def __init__(self, assignee: object) -> None:
        super().__init__()
        self.assignee = assignee


class SwitchedOff(Conflict):
    """This inbox is switched off."""

    code = "switched_off"


class SpokenSince(Conflict):
    """Somebody wrote in this ticket since you last looked."""

    code = "spoken_since"

    def __init__(self, missed: tuple[object, ...]) -> None:
        super().__init__()
        self.missed = missed


class TransitionRefused(Conflict):
    """The ticket's state does not allow this."""

    code = "transition_refused"


class Merged(Conflict):
    """This ticket was merged into another one."""

    code = "merged"

    def __init__(self, into: object) -> None:
        super().__init__()
        self.into = into


class DifferentContacts(Conflict):
    """These tickets are of different contacts, who would read each other's words in our answers."""

    code = "different_contacts"


class LimitReached(InboxError):
    """Too many requests; try again later."""

    code = "limit_reached"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


class Unavailable(InboxError):
    """The service cannot do this right now."""

    code = "unavailable"


class StorageFull(Unavailable):
    """There is no room left for attachments."""

    code = "storage_full"


class SecretUnreadable(Unavailable):
    """A stored secret cannot be opened with the present keys."""

    code = "secret_unreadable"


class StartRefused(Unavailable):
    """The service cannot start."""

    code = "start_refused"


class DatabaseUnavailable(StartRefused):
    """The database is not available."""

    code = "database_unavailable"


class DataDirInUse(StartRefused):
    """The data folder is in use by another inbox."""

    code = "data_dir_in_use"


class DataDirUnusable(StartRefused):
    """The data folder cannot be used."""

    code = "data_dir_unusable"


class DatabaseVersionMismatch(DatabaseUnavailable):
    """The data folder was written by another version of PostgreSQL."""

    code = "database_version_mismatch"


class DiskFull(StartRefused):
    """The disk is full."""

    code = "disk_full"


class ChannelError(InboxError):
    """The channel reported an error."""

    code = "channel_error"


class ConfigRejected(ChannelError):
    """The inbox's settings do not work."""

    code = "config_rejected"


class SignatureRejected(ChannelError):
    """The signature does not fit."""

    code = "signature_rejected"


class MessageUnreadable(ChannelError):
    """What arrived cannot be understood."""

    code = "message_unreadable"


class DeliveryDelayed(ChannelError):
    """The message could not be delivered yet."""

    code = "delivery_delayed"

    def __init__(self, message: str | None = None, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryPaced(DeliveryDelayed):
    """It is not this message's turn yet: nothing was tried, so no try is counted."""

    code = "delivery_paced"


class FarEndGone(DeliveryDelayed):
    """What carries the inbox's messages does not answer, whichever message it is."""

    code = "far_end_gone"


class DeliveryFailed(ChannelError):
    """The message cannot be delivered."""

    code = "delivery_failed"


class DeliveryForbidden(DeliveryFailed):
    """The inbox's settings do not let this message out."""

    code = "delivery_forbidden"


class RecipientGone(DeliveryFailed):
    """There is nobody behind this address."""

    code = "recipient_gone"


class DeliveryUncertain(ChannelError):
    """The message may or may not have been delivered."""

    code = "delivery_uncertain"


class OutgoingRefused(ChannelError):
    """This address is never called from here."""

    code = "outgoing_refused"


class OutgoingFailed(ChannelError):
    """The far end does not answer."""

    code = "outgoing_failed"

    def __init__(self, message: str | None = None, *, may_have_arrived: bool = False) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class CertificateRefused(OutgoingFailed):
    """The far end shows a certificate that is not its own, or not good."""

    code = "certificate_refused"
