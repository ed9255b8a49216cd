"""What the service itself writes by mail: invitations, links to a new password, and that an inbox is down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inbox.domain.credentials import Purpose
from inbox.domain.inbox import Inbox, Outage
from inbox.domain.manager import Manager

_TEXTS = {
    ("en", Purpose.INVITE): (
        "Your invitation to Crowd Inbox",
        "Hello {name},\n\nyou are invited to answer the crowd with us. Choose a password here, within three days:\n\n"
        "{url}\n\nThe link works once.\n",
    ),
    ("de", Purpose.INVITE): (
        "Ihre Einladung zu Crowd Inbox",
        "Hallo {name},\n\nSie sind eingeladen, mit uns der Crowd zu antworten. Wählen Sie hier innerhalb von drei "
        "Tagen ein Passwort:\n\n{url}\n\nDer Link gilt einmal.\n",
    ),
    ("en", Purpose.RESET): (
        "A new password for Crowd Inbox",
        "Hello {name},\n\nsomebody, hopefully you, asked for a new password. Choose it here, within 30 minutes:\n\n"
        "{url}\n\nThe link works once. If it was not you, do nothing: your password stays as it is.\n",
    ),
    ("de", Purpose.RESET): (
        "Ein neues Passwort für Crowd Inbox",
        "Hallo {name},\n\njemand, hoffentlich Sie, hat ein neues Passwort angefordert. Wählen Sie es hier innerhalb "
        "von 30 Minuten:\n\n{url}\n\nDer Link gilt einmal. Waren Sie es nicht, dann tun Sie nichts: Ihr Passwort "
        "bleibt, wie es ist.\n",
    ),
}

_OUTAGES = {
    "en": (
        "{inbox} is down",
        "Hello {name},\n\nsince {since} UTC the inbox {inbox} does not work.\n\n{faults}\n\nIts settings: {url}\n\n"
        "This mail comes once; the desk shows when all is well again.\n",
        "Nothing comes in: {note}",
        "Nothing gets out: {note}",
    ),
    "de": (
        "{inbox} ist gestört",
        "Hallo {name},\n\nseit {since} UTC ist der Eingang {inbox} gestört.\n\n{faults}\n\nSeine Einstellungen: {url}"
        "\n\nDiese Mail kommt einmal; wann alles wieder geht, zeigt der Arbeitsplatz.\n",
        "Es kommt nichts herein: {note}",
        "Es geht nichts hinaus: {note}",
    ),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of our own."""

    to: str
    subject: str
    text: str


class Postman(Protocol):
    """Sends our own mails."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter to the mail server; raise Unavailable."""


def letter_of(manager: Manager, purpose: Purpose, url: str) -> Letter:
    """Write the mail that carries a link, in the manager's language."""
    subject, text = _TEXTS["de" if manager.locale == "de" else "en", purpose]
    return Letter(manager.email, subject, text.format(name=manager.name, url=url))


def outage_letter(manager: Manager, inbox: Inbox, outage: Outage, *, site: str) -> Letter:
    """Write the mail that tells of an inbox that is down, in the manager's language."""
    subject, text, receiving, sending = _OUTAGES["de" if manager.locale == "de" else "en"]
    faults = [
        words.format(note=note)
        for words, note in ((receiving, outage.receiving), (sending, outage.sending))
        if note is not None
    ]
    filled = text.format(
        name=manager.name,
        inbox=inbox.name,
        since=f"{outage.since:%Y-%m-%d %H:%M}",
        faults="\n".join(faults),
        url=f"{site}/settings/inboxes/{inbox.id}",
    )
    return Letter(manager.email, " ".join(subject.format(inbox=inbox.name).split()), filled)
