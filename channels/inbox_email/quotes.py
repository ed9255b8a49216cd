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

_QUOTED = re.compile(r"\s{0,3}(?:>|\|(?:\s|$))")
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb\w*|geschrieben|a écrit|écrit|escribió|ha scritto|scritto|geschreven|schreef|napisał\w*"
    r"|pisze|skrev|skrifaði|escreveu|escrito|kirjoitti|napsal\w*|написал\w*|пише|yazdı|írta|έγραψε|scris)\b"
    r"|写道|寫道|のメール|님이 작성",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\s*(?:on|am|le|el|il|op|em|den|dnia|w dniu|på|dne|vào"
    r"|\w{2,3}[ .,]+\d{1,2}\.? \w{3,}|\d{1,4}[-./年]|\d{1,2} \w{3,9}\.? \d{4})\b",
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
_RULE = re.compile(r"\s*(?:_{10,}|-{10,})\s*")
_DASHES = re.compile(r"--\s?|\u1427")  # RFC 3676 section 4.3, often without its space; Gmail's own dot
_DEVICE = (
    r"(?:i-?(?:phone|pad|pod)|android|samsung|galaxy|blackberry|mobile?|mobil\w*|handy|phone|smartphone|tablet|cell|htc"
    r"|huawei|xiaomi|nokia|pixel|windows|outlook|airmail|mail|mailbox|yahoo|proton\w*|ios\w*|telefon\w*|téléphone|portable"
    r"|device|gerät)\b"
)
# A telephone's own line says what it is before it pauses: who sends a thing from somewhere goes on to say what.
_BY_DEVICE = re.compile(
    r"[\s(<\[]{0,4}(?:(?:sent|sended|written) (?:from|via|with|by|using)|gesendet (?:von|mit|via)"
    r"|envoyé (?:depuis|de|avec)"
    r"|enviado (?:desde|do|de)|inviato (?:da|dal|con)|sendt fra|skickat från|lähetetty|verzonden (?:vanaf|met)"
    rf"|wysłane z|enviada? do|отправлено|get)\b[^,.;!?]{{0,40}}{_DEVICE}.{{0,120}}"
    rf"|\s*sent from my(?: [\w-]+){{1,5}}\s*|\s*(?:\w+ )?from (?:my )?{_DEVICE}[\w ]{{0,20}}"
    rf"|\s*(?:diese nachricht wurde )?von meinem .{{0,30}}{_DEVICE}.{{0,30}}gesendet\.?\s*|\s*從我的.{{0,20}}傳送\s*",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 15
_FORWARD_SUBJECT = re.compile(r"\s*\[?(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"[\s>*_-]{0,40}(?:begin forwarded message|forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten"
    r"|message transféré|début du message (?:réexpédié|transféré)|mensaje reenviado|messaggio inoltrato)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Split:
    """A text taken apart: what is new, what it repeats of earlier mails, and what the mailer puts under every mail."""

    text: str
    quoted: str | None = None
    signature: str | None = None

    @property
    def folded(self) -> str | None:
        """Return all that is folded away."""
        return "\n\n".join(part for part in (self.signature, self.quoted) if part) or None


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


def split_text(text: str, *, subject: str = "") -> Split:
    """Fold what a text quotes, and its signature; inline answers and forwards keep everything."""
    split = _without_quote(text, subject)
    lines = split.text.split("\n")
    start = _signature_start(lines)
    if start is None:
        return split
    return Split(_joined_lines(lines[:start]), split.quoted, _joined_lines(lines[start:]))


def _signature_start(lines: Sequence[str]) -> int | None:
    """Return where the signature begins, which is never all that was said."""
    said = [index for index, line in enumerate(lines) if line.strip()]
    for place in range(len(said) - 1, 0, -1):
        if not _BY_DEVICE.fullmatch(lines[said[place]][:_ATTRIBUTION]):
            break
    else:
        place = 0
    start = said[place + 1] if place + 1 < len(said) else None
    dashes = [index for index in said[1:] if _DASHES.fullmatch(lines[index])]
    if dashes and len(lines) - dashes[-1] <= _SIGNATURE_LINES:
        return _marks_start(lines, dashes)
    return start


def _marks_start(lines: Sequence[str], marks: Sequence[int]) -> int:
    """Return where the last run of marks begins: one mailer's mark may stand right before another's."""
    start = marks[-1]
    for mark in reversed(marks[:-1]):
        if _said(lines[mark + 1 : start]):
            break
        start = mark
    return start


def _without_quote(text: str, subject: str) -> Split:
    lines = text.split("\n")
    if len(lines) > MAX_LINES or is_forward(subject) or any(is_forwarded(line[:80]) for line in lines):
        return Split(text.strip("\n"))
    # No mailer's line is longer: what a pattern has to look at is bounded.
    spans = _joined(_spans([line[:_ATTRIBUTION] for line in lines]), lines)
    if len(spans) != 1:
        return Split(text.strip("\n"))
    if not _is_foldable(lines, spans[0]):
        return Split(text.strip("\n"))
    before, after = lines[: spans[0].start], lines[spans[0].end :]
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
    is_rule = line.strip() in {"--", ""} or set(line.strip()) == {"_"}
    return is_rule or _BY_DEVICE.fullmatch(line[:_ATTRIBUTION]) is not None


def is_attribution(text: str) -> bool:
    """Tell whether a text is only the line that introduces a quote: `On Monday Ann <ann@example.org> wrote:`."""
    return len(text) <= _ATTRIBUTION and text.rstrip().endswith((":", "：", " ----")) and _introduces(text)


def _is_foldable(lines: Sequence[str], quote: _Span) -> bool:
    before, after = lines[: quote.start], lines[quote.end :]
    if not _said(after):
        return _said(before)
    if not _said(before):
        # The answer stands below all that the mailer quoted; a quote without introduction the writer put there.
        return not _QUOTED.match(lines[quote.start])
    # Words after a quote may answer it point by point, unless they are a signature.
    return is_signature(next(line for line in after if line.strip()))


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
    if introduced is None and _names_writer(lines[index]):
        following = _next_said(lines, index + 1)
        is_quoted = following < len(lines) and _QUOTED.match(lines[following])
        return _Span(index, _end_of_prefixed(lines, following)) if is_quoted else None
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


def _names_writer(line: str) -> bool:
    """Tell whether a line only says who wrote and when: `2013/7/20 Ann <ann@example.org>`."""
    return _ADDRESS.search(line) is not None and re.match(r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b", line) is not None


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


def _joined_lines(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n")


def _stripped(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n") if _said(lines) else []
