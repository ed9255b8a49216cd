"""Who writes for the first time: the contact and the identities that a message brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inbox.channel.model import Received
from inbox.domain.contact import Claim, Contact, LanguageBy
from inbox.domain.ids import ContactId, new_id


def new_contact(received: Received, now: datetime) -> Contact | None:
    """Return the contact that a message makes known; None if it says nothing of its sender."""
    if not received.sender.claims:
        return None
    by = LanguageBy.SOURCE if received.sender.language else None
    return Contact(ContactId(new_id()), received.sender.name, now, received.sender.language, by)


def new_claims(
    claims: Sequence[Claim], contact: Contact | None, *, is_new: bool
) -> tuple[tuple[ContactId, Claim], ...]:
    """All claims of a new contact; of a known one those beside the first, which is how they were found."""
    if contact is None:
        return ()
    different = {(claim.kind, claim.scope, claim.key): claim for claim in (claims if is_new else claims[1:])}
    return tuple((contact.id, claim) for claim in different.values())
