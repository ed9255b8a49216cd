"""Finds the mail that somebody passes on: who wrote it, what it says, and the words that were put before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parseaddr

from inbox.channel.model import File, Forwarded, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox_email.content import content_of
from inbox_email.html import is_bearable, text_of
from inbox_email.mime import Body, Mail, take_apart
from inbox_email.quotes import is_forward, is_forwarded

# From, and the fields that stand with it, as mailers write them in English, German, French, Spanish, Italian,
# Portuguese, Dutch, Polish, Swedish, Danish and Norwegian, Finnish, Czech, Russian, Turkish and Hungarian.
_FROM = r"from|von|de|da|van|od|från|fra|lähettäjä|от|kimden|feladó"
_SUBJECT = r"subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|předmět|тема|konu|tárgy"
_OTHER = (
    r"sent|gesendet|date|datum|envoyé|enviado|enviado el|inviato|data|fecha|verzonden|wysłano|skickat|sendt|odesláno"
    r"|отправлено|дата|gönderildi|tarih|dátum|dato|lähetetty|päivämäärä|päiväys"
    r"|to|an|à|pour|para|a|aan|do|till|til|vastaanottaja|komu|кому|kime|címzett|cc|kopie|kopia|copie|reply-to"
    r"|antwort an"
)
_FIELD = re.compile(
    rf"[\s*>]{{0,6}}(?:(?P<from>{_FROM})|(?P<subject>{_SUBJECT})|(?:{_OTHER}))\s?\*?\s?:\*?\s{{0,4}}(?P<value>.{{0,400}})",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?P<name>[^<\[(]{0,200}?)[\s<\[(]{0,4}(?:mailto:)?(?P<address>[^\s<>@\[\]()\"]{1,64}@[^\s<>@\[\]()\"]{1,250})"
)
_QUOTE_MARK = re.compile(r"^> ?", re.MULTILINE)
_BLOCK_LINES = 12
_ENOUGH = 2  # kinds of fields: from, and what else names a mail
_MAX_LINES = 20_000


def forwarded_in(mail: Mail, *, subject: str) -> Forwarded | None:
    """Return the mail that this one passes on, attached or in its text; None if it passes on none for certain."""
    attached = [file for file in mail.files if file.mime == "message/rfc822"]
    if len(attached) == 1:
        return _attached(attached[0], _whole(mail.body))
    return _in_text(_whole(mail.body), subject) if not attached else None


def _whole(body: Body) -> str:
    """Return all words of a mail: what is folded away elsewhere is here what it is about."""
    if body.text is not None and body.text.strip():
        return body.text
    return text_of(body.html) if body.html and is_bearable(body.html) else ""


def _attached(file: File, cover: str) -> Forwarded | None:
    inner = take_apart(file.data)
    writers, subject = inner.headers.addresses("from"), inner.headers.text("subject")[:998]
    if len(writers) != 1:
        return None
    shown = content_of(inner.body, inner.files, subject=subject)
    own = inner.headers.own_id()
    return Forwarded(
        sender=_sender(writers[0].address, writers[0].name),
        text=shown.text,
        html=shown.html,
        quoted=shown.quoted,
        subject=subject or None,
        cover=cover.strip(),
        references=(own,) if own else (),
        files=shown.files,
    )


def _in_text(text: str, subject: str) -> Forwarded | None:
    lines = text.split("\n")
    start = _block_start(lines, certain=is_forward(subject)) if len(lines) <= _MAX_LINES else None
    if start is None:
        return None
    cover, block = lines[:start], lines[start:]
    fields = _fields(block)
    writer = _writer(fields.get("from", ""))
    if writer is None:
        return None
    said = "\n".join(block[_after_fields(block) :]).strip("\n")
    # Apple Mail and Thunderbird mark every line of what they pass on.
    quoted = all(line.startswith(">") or not line.strip() for line in said.split("\n"))
    return Forwarded(
        sender=writer,
        text=_QUOTE_MARK.sub("", said) if quoted else said,
        subject=fields.get("subject") or None,
        cover=_without_mark(cover),
    )


def _block_start(lines: Sequence[str], *, certain: bool) -> int | None:
    """Return where the fields of the forwarded mail begin: under a mark, or anywhere if the subject says `Fwd:`."""
    for index, line in enumerate(lines):
        found = _FIELD.match(line[:500])
        if found is None or not found["from"] or not _ADDRESS.search(found["value"]):
            continue
        # Thunderbird names the subject before the sender.
        above = range(index - 1, max(index - _BLOCK_LINES, 0) - 1, -1)
        start = next((at + 1 for at in above if not _FIELD.match(lines[at][:500])), max(index - _BLOCK_LINES, 0))
        marked = any(is_forwarded(before[:80]) for before in lines[max(0, start - 4) : start])
        if (marked or certain) and len(_fields(lines[start:])) >= _ENOUGH:
            return start
    return None


def _fields(block: Sequence[str]) -> dict[str, str]:
    """Return the fields at the head of a block by what they are."""
    found: dict[str, str] = {}
    for line in block[: _after_fields(block)]:
        field = _FIELD.match(line[:500])
        if field is not None:
            kind = "from" if field["from"] else "subject" if field["subject"] else "other"
            found.setdefault(kind, field["value"].strip().strip("*").strip())
    return found


def _after_fields(block: Sequence[str]) -> int:
    """Return the line after the head of a block; some mailers leave a line free between its fields."""
    last = 0
    for index, line in enumerate(block[:_BLOCK_LINES]):
        if _FIELD.match(line[:500]):
            last = index
        elif line.strip(" >*\t") and index > last + 1:
            break
    return last + 1


def _writer(value: str) -> Sender | None:
    found = _ADDRESS.search(value)
    if found is None:
        return None
    name = parseaddr(value)[0] or found["name"]
    return _sender(found["address"].rstrip(".,;:"), name.strip(" \"'*") or None)


def _sender(address: str, name: str | None) -> Sender:
    return Sender((Claim(IdentityKind.EMAIL, address),), name)


def _without_mark(cover: Sequence[str]) -> str:
    """Return the words before a forwarded mail without the mailer's own line."""
    kept = list(cover)
    while kept and (not kept[-1].strip(" >*_-\t") or is_forwarded(kept[-1][:80])):
        kept.pop()
    return "\n".join(kept).strip()
