"""What becomes of a message for each of those whom it is for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from inbox.domain.recipients import Fate, Recipient

_OPEN = frozenset({Fate.FAILED, Fate.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a far end did not take a message for somebody."""

    address: str
    words: str  # the far end's
    permanent: bool


def due(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return those whom the next try is for: who has it already does not get it again."""
    return tuple(each for each in recipients if each.state is None)


def settled(
    recipients: Iterable[Recipient], fate: Fate | None, words: str | None, refusals: Collection[Refusal] = ()
) -> tuple[Recipient, ...]:
    """Return the recipients after a try that ended in `fate` for all of whom it was for but the refused.

    Whoever was refused for now waits for the next try.
    """
    refused = {refusal.address.strip().casefold(): refusal for refusal in refusals}
    return tuple(_settled(each, fate, words, refused.get(each.key)) for each in recipients)


def _settled(recipient: Recipient, fate: Fate | None, words: str | None, refusal: Refusal | None) -> Recipient:
    if recipient.state is not None:
        return recipient
    if refusal is None:
        return replace(recipient, state=fate, note=None if fate is Fate.SENT else words)
    return replace(recipient, state=Fate.FAILED if refusal.permanent else None, note=refusal.words)


def again(recipients: Collection[Recipient]) -> tuple[Recipient, ...]:
    """Return the recipients for a new round: whom it did not reach; all, where nobody knows whom."""
    lost = {each.key for each in recipients if each.state in _OPEN} or {each.key for each in recipients}
    return tuple(replace(each, state=None, note=None) if each.key in lost else each for each in recipients)


def reported(recipients: Collection[Recipient], refusal: Refusal) -> tuple[Recipient, ...]:
    """Return the recipients after a far end said later that it did not reach somebody, or not yet.

    A mailbox passes its mail on to others, of whom the report then speaks: with one recipient it is about them.
    """
    key = refusal.address.strip().casefold()
    meant = {each.key for each in recipients if each.key == key or len(recipients) == 1}
    return tuple(_reported(each, refusal) if each.key in meant else each for each in recipients)


def _reported(recipient: Recipient, refusal: Refusal) -> Recipient:
    if refusal.permanent:
        return replace(recipient, state=Fate.FAILED, note=refusal.words)
    if recipient.state is Fate.FAILED:
        return recipient
    return replace(recipient, state=Fate.DELAYED, note=refusal.words)
