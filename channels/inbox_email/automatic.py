"""Recognises what no person wrote, by the headers that say so (RFC 3834 and older customs)."""

from __future__ import annotations

import re
from typing import Literal

from inbox_email.bounces import says_undelivered
from inbox_email.headers import Headers
from inbox_email.mime import Mail
from inbox_email.parameters import parameters

Automatic = Literal["bounce", "complaint", "receipt", "reply", "generated", "list", "bulk"]

# A list or a newsletter may carry a person's question; these never do.
WANT_NO_ANSWER: frozenset[Automatic] = frozenset({"bounce", "complaint", "receipt", "reply", "generated"})

_REPORTS: dict[str, Automatic] = {"disposition-notification": "receipt", "feedback-report": "complaint"}
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@?", re.IGNORECASE)
_AWAY = re.compile(
    r"(?:automatic reply|automatische antwort|autoreply|auto-reply|auto reply|abwesenheitsnotiz|abwesenheitsmeldung"
    r"|out of (?:the )?office|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord"
    r"|autosvar|automatyczna odpowiedź)\b",
    re.IGNORECASE,
)
_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-mail-autoreply")


def automatic_kind(mail: Mail) -> Automatic | None:
    """Return what sort of machine wrote a mail; None for a person's."""
    headers = mail.headers
    submitted, precedence = headers.word("auto-submitted"), headers.word("precedence")
    if mail.mime == "multipart/report":
        return _REPORTS.get(parameters(headers.raw("content-type")).get("report-type", "").lower(), "bounce")
    if _is_from_daemon(headers) or says_undelivered(mail):
        return "bounce"
    if submitted.startswith("auto-replied") or precedence == "auto_reply" or _answers_by_itself(headers):
        return "reply"
    if submitted not in {"", "no"}:
        return "generated"
    if headers.has("list-id") or precedence == "list":
        return "list"
    return "bulk" if precedence in {"bulk", "junk"} else None


def _is_from_daemon(headers: Headers) -> bool:
    sender = headers.raw("from")
    is_daemon = any(_DAEMON.match(a.address) for a in headers.addresses("from")) or bool(_DAEMON.match(sender))
    return is_daemon or headers.has("x-failed-recipients")


def _answers_by_itself(headers: Headers) -> bool:
    if any(headers.word(name) not in {"", "no", "false"} for name in _REPLY_FIELDS):
        return True
    if _AWAY.match(headers.text("subject")):
        return True
    return headers.raw("return-path").strip() == "<>"
