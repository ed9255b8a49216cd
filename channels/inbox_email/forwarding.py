"""Writes the block in which a mail passes another message on, so that its reader knows whose words these are."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.channel.model import PassedOn
from inbox.domain.recipients import Recipient, Role
from inbox_email.charsets import clean, one_line

_MAX = 200_000  # characters
_WORDS = {
    "en": ("---------- Forwarded message ----------", "From", "Date", "Subject", "To", "Cc"),
    "de": ("---------- Weitergeleitete Nachricht ----------", "Von", "Datum", "Betreff", "An", "Cc"),
}


def block_of(forwarded: PassedOn) -> str:
    """Return the block: who wrote what when and to whom, and their words; a blind copy is nobody's to know."""
    title, sender, date, subject, to, cc = _WORDS.get((forwarded.language or "")[:2], _WORDS["en"])
    fields = [
        (sender, _named(forwarded.author, forwarded.address)),
        (date, f"{forwarded.at:%Y-%m-%d %H:%M %z}"),
        (subject, forwarded.subject or ""),
        (to, _list(forwarded.recipients, Role.TO)),
        (cc, _list(forwarded.recipients, Role.CC)),
    ]
    head = [title, *(f"{name}: {one_line(value)}" for name, value in fields if value)]
    return "\n".join([*head, "", clean(forwarded.text)[:_MAX].strip("\n")])


def _named(name: str | None, address: str | None) -> str:
    if not address:
        return name or ""
    return f"{name} <{address}>" if name and name != address else address


def _list(recipients: Sequence[Recipient], role: Role) -> str:
    return ", ".join(_named(each.name, each.address) for each in recipients if each.role is role)
