"""Finds in a text what it repeats of earlier mails, by lines and in linear time.

The rule above all others: a line that the writer wrote newly is never folded away. In doubt nothing is folded, and what
is folded stays whole in `quoted`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINES = 20_000
_ATTRIBUTION = 400  # characters; a mailer breaks it over a few lines
_ATTRIBUTION_LINES = 4

_QUOTED = re.compile(r"\s{0,3}(?:>|\|\s)")
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb\w*|geschrieben|a écrit|écrit|escribió|ha scritto|scritto|geschreven|schreef|napisał\w*"
    r"|pisze|skrev|skrifaði|escreveu|escrito|kirjoitti|napsal\w*|написал\w*|пише|yazdı|írta|έγραψε|scris)\b"
    r"|写道|寫道|のメール|님이 작성",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\s*(?:on|am|le|el|il|op|em|den|dnia|w dniu|på|dne|vào|\w{2,3}[ .,]+\d{1,2}\.? \w{3,}|\d{1,4}[-./年])\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}\.[^\s<>@]")
_YEAR_AND_TIME = re.compile(r"(?=.*\b(?:19|20)\d\d\b)(?=.*\b\d{1,2}[:.h]\d\d\b)")
_SEPARATOR = re.compile(
    r"[\s*>]{0,6}[-_=]{2,60}\s{0,3}(?:original message|original-nachricht|originalnachricht|ursprüngliche nachricht"
    r"|originalmeldung|message d'origine|message original|mensaje original|messaggio originale|mensagem original"
    r"|oorspronkelijk bericht|wiadomość oryginalna|ursprungligt meddelande"
    r"|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti"
    r"|původní zpráva|исходное сообщение|eredeti üzenet|orijinal mesaj)\s{0,3}[-_=]{2,60}[\s*]{0,6}",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[\s*>]{0,6}(?:(?P<from>from|von|de|da|van|od|från|fra|lähettäjä|от|kimden|feladó)"
    r"|sent|gesendet|date|datum|envoyé|enviado|inviato|data|verzonden|wysłano|skickat|sendt|odesláno|отправлено|gönderildi"
    r"|to|an|à|para|a|aan|do|till|til|komu|кому|kime|címzett|cc|kopie"
    r"|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|předmět|тема|konu|tárgy)\s?\*?:\s*\S?",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*_{10,}\s*")
_SIGNATURE = re.compile(
    r"\s*(?:--\s?|_{3,}\s*|(?:sent from|gesendet von|von meinem \S+ gesendet|envoyé d|enviado d|inviato da"
    r"|sendt fra|skickat från|verzonden vanaf|wysłane z|get outlook).*)",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(r"\s*\[?(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"[\s>*_-]{0,40}(?:begin forwarded message|forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten"
    r"|message transféré|début du message (?:réexpédié|transféré)|mensaje reenviado|messaggio inoltrato)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two: what is new, and what it repeats."""

    text: str
    quoted: str | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


def split_text(text: str, *, subject: str = "") -> Split:
    """Fold the quoted part of a text; inline answers and forwards keep everything."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES or is_forward(subject) or any(is_forwarded(line[:80]) for line in lines):
        return Split(text.strip("\n"))
    # No mailer's line is longer: what a pattern has to look at is bounded.
    spans = _joined(_spans([line[:_ATTRIBUTION] for line in lines]), lines)
    if len(spans) != 1:
        return Split(text.strip("\n"))
    before, after = lines[: spans[0].start], lines[spans[0].end :]
    if not _is_foldable(before, after):
        return Split(text.strip("\n"))
    new = "\n".join([*_stripped(before), *([""] if _said(before) and _said(after) else []), *_stripped(after)])
    return Split(new.strip("\n"), "\n".join(lines[spans[0].start : spans[0].end]).strip("\n"))


def has_quotes(text: str) -> bool:
    """Tell whether lines of a text are marked as quoted."""
    return any(line.startswith(">") for line in text.split("\n"))


def is_forward(subject: str) -> bool:
    """Tell whether a subject says that somebody else's mail is passed on."""
    return _FORWARD_SUBJECT.match(subject) is not None


def is_forwarded(line: str) -> bool:
    """Tell whether a line says that somebody else's mail follows."""
    return _FORWARDED.match(line) is not None


def is_signature(line: str) -> bool:
    """Tell whether a line begins a signature, or is the whole of a telephone's."""
    return _SIGNATURE.fullmatch(line) is not None


def is_attribution(text: str) -> bool:
    """Tell whether a text is only the line that introduces a quote: `On Monday Ann <ann@example.org> wrote:`."""
    return len(text) <= _ATTRIBUTION and text.rstrip().endswith((":", "：")) and _introduces(text)


def _is_foldable(before: Sequence[str], after: Sequence[str]) -> bool:
    if not _said(after):
        return _said(before)
    # Words after a quote may answer it point by point, unless they are a signature or all that was written.
    return not _said(before) or is_signature(next(line for line in after if line.strip()))


def _spans(lines: Sequence[str]) -> list[_Span]:
    spans, index = list[_Span](), 0
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        span = _span_at(lines, index)
        if span is None:
            index += 1
            continue
        spans.append(span)
        index = span.end
    return spans


def _span_at(lines: Sequence[str], index: int) -> _Span | None:
    """Return the quote that begins at a line, if one does."""
    if _QUOTED.match(lines[index]):
        return _Span(index, _end_of_prefixed(lines, index))
    if _SEPARATOR.fullmatch(lines[index]) or _is_header_block(lines, index):
        return _Span(index, len(lines))
    introduced = _introduction_end(lines, index)
    if introduced is None:
        return None
    following = _next_said(lines, introduced)
    if following < len(lines) and _QUOTED.match(lines[following]):
        return _Span(index, _end_of_prefixed(lines, following))
    words = " ".join(lines[index:introduced])
    is_certain = _ADDRESS.search(words) is not None or _YEAR_AND_TIME.match(words) is not None
    return _Span(index, len(lines)) if is_certain and following < len(lines) else None


def _end_of_prefixed(lines: Sequence[str], index: int) -> int:
    end = index
    while index < len(lines) and (_QUOTED.match(lines[index]) or not lines[index].strip()):
        end = index + 1 if lines[index].strip() else end
        index += 1
    return end


def _introduction_end(lines: Sequence[str], index: int) -> int | None:
    """Return the line after an attribution that begins at a line; mailers break it at will."""
    for end in range(index + 1, min(index + _ATTRIBUTION_LINES, len(lines)) + 1):
        if not lines[end - 1].strip():
            return None
        if is_attribution(" ".join(lines[index:end])):
            return end if _begins_here(lines[index:end]) else None
    return None


def _begins_here(lines: Sequence[str]) -> bool:
    """Tell whether an attribution needs its first line, which is else the last of what was written newly."""
    if any(_BEGINS.match(line) for line in lines[1:]):
        return False
    if _BEGINS.match(lines[0]):
        return True
    return not any(is_attribution(" ".join(lines[start:])) for start in range(1, len(lines)))


def _introduces(words: str) -> bool:
    wrote, address = _WROTE.search(words) is not None, _ADDRESS.search(words) is not None
    has_date = re.search(r"\d{1,4}", words) is not None
    return (wrote and (address or has_date)) or (address and _YEAR_AND_TIME.match(words) is not None)


def _is_header_block(lines: Sequence[str], index: int) -> bool:
    """Tell whether the fields of an earlier mail stand here: at least three in a row, the sender first."""
    if _RULE.fullmatch(lines[index]):
        index = _next_said(lines, index + 1)
    if index >= len(lines):
        return False
    first = _FIELD.match(lines[index])
    if first is None or first["from"] is None:
        return False
    following = [line for line in lines[index + 1 : index + 8] if line.strip()]
    return sum(1 for line in following[:5] if _FIELD.match(line)) >= 2


def _joined(spans: list[_Span], lines: Sequence[str]) -> list[_Span]:
    """Make one of quotes that have nothing between them."""
    joined: list[_Span] = []
    for span in spans:
        if joined and not _said(lines[joined[-1].end : span.start]):
            joined[-1] = _Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _next_said(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _said(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _stripped(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n") if _said(lines) else []
