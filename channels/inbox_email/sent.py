"""Copies of sent mails: answers that somebody wrote in another mail program, and our own, which are here already."""

from __future__ import annotations

from dataclasses import replace

from inbox.channel.model import Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.recipients import Role, is_own
from inbox_email.headers import Headers
from inbox_email.marks import LOOP_FIELD


def as_sent(received: Received, headers: Headers, *, address: str) -> list[Received]:
    """Return a mail as ours, to the first whom it was written to; nothing if it is of no concern.

    Nobody but who reads the mailbox can put something into this folder, so it may say what a stranger's mail may not.
    """
    if received.echo_of is None and headers.has(LOOP_FIELD):
        return []  # ours, under an id that the sending server gave it
    own = frozenset({address.casefold()})
    others = [person for person in received.recipients if not is_own(person.address, own)]
    to = next((person for role in Role for person in others if person.role is role), None)
    if to is None:
        return []  # a note to ourselves; it is among the mails that arrived
    author = next((found.name for found in headers.addresses("from") if found.name), None)
    sender = Sender((Claim(IdentityKind.EMAIL, to.address),), to.name)
    ours = replace(received, outbound=True, sender=sender, author=author)
    return [replace(ours, answerable=False, away=False, undelivered=(), about=None)]


def as_history(received: Received) -> Received:
    """Return a mail that was old when its inbox began: nobody waits for an answer to it any more."""
    return replace(received, wants_answer=False, answerable=False, undelivered=(), away=False)
