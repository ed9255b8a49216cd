"""Tells whoever writes first that their mail is here: to whom a machine may say so (RFC 3834), and in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inbox.channel.model import Acknowledgement
from inbox_email.automatic import Automatic
from inbox_email.config import code_of, in_language
from inbox_email.headers import Address, Headers
from inbox_email.marks import LOOP_FIELD
from inbox_email.verdicts import is_vouched_for

# Of machines and of lists: an answer reaches nobody, or everybody (RFC 3834 section 2).
_NOBODY = re.compile(
    r"(?:no|do-?not|nicht|keine)[-_.]?(?:reply|respond|response|answer|antwort(?:en)?)|mailer-daemon|postmaster|abuse"
    r"|bounces?\b|owner-|listserv|majordomo|news-?letter|notifications?@|wordpress|web-?form"
    r"|[^@]*-(?:request|owner|bounces?|confirm|admin)@|[^@]*(?:^|[-_.])no-?reply@",
    re.IGNORECASE,
)
_OF_MACHINES = ("list-id", "list-post", "list-unsubscribe", "feedback-id", "x-auto-response-suppress", "x-loop")

_WORDS = {
    "en": (
        "We have received your message [#{number}]",
        "Hello,\n\nyour message has arrived. We will answer you here. Please keep the number [#{number}] in the "
        "subject when you write again about it.",
    ),
    "de": (
        "Ihre Nachricht ist angekommen [#{number}]",
        "Guten Tag,\n\nIhre Nachricht ist angekommen. Wir antworten Ihnen hier. Bitte lassen Sie die Nummer "
        "[#{number}] im Betreff stehen, wenn Sie noch einmal dazu schreiben.",
    ),
    "fr": (
        "Nous avons bien reçu votre message [#{number}]",
        "Bonjour,\n\nvotre message nous est bien parvenu. Nous vous répondrons ici. Merci de garder le numéro "
        "[#{number}] dans l’objet si vous nous écrivez à nouveau à ce sujet.",
    ),
    "es": (
        "Hemos recibido su mensaje [#{number}]",
        "Hola:\n\nsu mensaje ha llegado. Le responderemos aquí. Si vuelve a escribirnos sobre este asunto, conserve el "
        "número [#{number}] en el asunto.",
    ),
    "it": (
        "Abbiamo ricevuto il suo messaggio [#{number}]",
        "Buongiorno,\n\nil suo messaggio è arrivato. Le risponderemo qui. Se ci scrive ancora su questo tema, lasci il "
        "numero [#{number}] nell’oggetto.",
    ),
    "nl": (
        "We hebben uw bericht ontvangen [#{number}]",
        "Goedendag,\n\nuw bericht is aangekomen. We antwoorden u hier. Laat het nummer [#{number}] in het onderwerp "
        "staan als u er nog eens over schrijft.",
    ),
}


def may_be_answered(headers: Headers, kind: Automatic | None, sender: Address | None, *, own: str, judge: str) -> bool:
    """Tell whether a machine may answer a mail by itself: a person wrote it, and nothing says that it is not theirs.

    Where our mail server checks senders, it must vouch for this one.
    """
    if kind is not None or sender is None or headers.has(LOOP_FIELD):
        return False
    if sender.address.casefold() == own.casefold() or _NOBODY.match(sender.address):
        return False
    if any(headers.has(name) for name in _OF_MACHINES):
        return False
    return not judge or is_vouched_for(headers, judge)


def acknowledgement(texts: Mapping[str, str], language: str | None, number: int) -> Acknowledgement:
    """Return the words in somebody's language, or else in English; only the ticket's number stands in them."""
    ours = {code: text for code, (_, text) in _WORDS.items()}
    all_texts = ours | {code: text for code, text in texts.items() if text.strip()}
    code = code_of(language) if in_language(all_texts, language) else "en"
    text = all_texts[code].strip("\n")
    subject = _WORDS.get(code, ("[#{number}]", ""))[0]
    return Acknowledgement(subject.replace("{number}", str(number)), text.replace("{number}", str(number)))
