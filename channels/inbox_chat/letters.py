"""What a visitor who left reads around the answers that are mailed to them.

Whoever typed the address may have typed somebody else's: so the words hold nothing of what the visitor said, and tell a
stranger that they need do nothing.
"""

from __future__ import annotations

from inbox.channel.model import Letter

_CLOSING = {
    "en": (
        "You wrote to us in the chat and had left when we answered. You can simply reply to this mail; your reply also "
        "appears in the chat, where you wrote.\n\nIf you did not write to us, somebody gave your address as theirs: "
        "please ignore this mail."
    ),
    "de": (
        "Sie haben uns im Chat geschrieben und waren schon fort, als wir geantwortet haben. Antworten Sie einfach auf "
        "diese Mail; Ihre Antwort erscheint auch im Chat, in dem Sie geschrieben haben.\n\nFalls Sie uns nicht "
        "geschrieben haben, hat jemand Ihre Adresse als eigene angegeben: Dann beachten Sie diese Mail bitte nicht."
    ),
    "fr": (
        "Vous nous avez écrit dans le chat et étiez parti·e quand nous avons répondu. Répondez simplement à cet "
        "e-mail ; votre réponse apparaît aussi dans le chat où vous avez écrit.\n\nSi vous ne nous avez pas écrit, "
        "quelqu’un a donné votre adresse pour la sienne : ignorez cet e-mail."
    ),
}
_SUBJECT = {"en": "{title}: our answer to you", "de": "{title}: unsere Antwort", "fr": "{title} : notre réponse"}


def letter(title: str, locale: str | None) -> Letter:
    """Return subject and closing in the reader's language, else in English."""
    language = (locale or "").lower().partition("-")[0]
    known = language if language in _CLOSING else "en"
    return Letter(subject=_SUBJECT[known].format(title=title), closing=_CLOSING[known])
