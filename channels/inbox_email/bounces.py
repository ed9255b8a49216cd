"""Reads reports of mails that did not arrive: by RFC 3464 where a server keeps to it, else by the words servers use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from inbox.channel.model import File
from inbox.errors import MessageUnreadable
from inbox_email.charsets import decode, one_line
from inbox_email.headers import Headers
from inbox_email.html import text_of
from inbox_email.mime import Mail, take_apart

MAX_RECIPIENTS = 100
_READ = 65_536  # characters of a report that are looked at: what it returns comes after them
_BEGINNING = 2_000
_REASON = 500

Action = Literal["failed", "delayed", "delivered"]
_ACTIONS: dict[str, Action] = {"failed": "failed", "fail": "failed", "delayed": "delayed"}

_ADDRESS = r"[^\s<>@,;:\"'()\[\]\\|=]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"
_DAEMONS = re.compile(
    r"(?:mailer-?daemon|postmaster|post_master|mail-?daemon|mdaemon|majordomo|abuse|hostmaster|no-?reply)@",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"\s*(?:re|aw|antw|fwd?|wg|tr|rv|sv|vs|odp)\s*:", re.IGNORECASE)
# How servers say it, in the languages that they say it in; each is enough beside another sign, and none alone.
_SAYS_SO = re.compile(
    r"(?:could|can|was|were)\s?(?:not|n't)\s(?:be\s)?(?:successfully\s)?(?:deliver|transmitt|sent|reach)"
    r"|un(?:able|successful)\b.{0,40}\bdeliver|undeliver(?:able|ed)|non-?deliver|not (?:been )?delivered|delivery"
    r" (?:[\w:]+ ){0,3}(?:fail|error|warning|problem)|returned (?:mail|to sender)|failure notice|failed recipient"
    r"|mail(?:ing)? error|bounced?\b|user unknown|unknown user|unzustellbar|nicht zugestellt|unzustellbarkeit"
    r"|non remis|pas pu.{0,9}(?:délivr|delivr|remis)|no se pudo entregar|no entregado|non recapitat|メールエラー"
    r"|could not deliver|unable to deliver|rejected (?:mail|message)|does not exist",
    re.IGNORECASE | re.DOTALL,
)
_RETURNED_BELOW = re.compile(
    r"^(?:[\s>*#|=_-]{0,20}(?:this is a copy of (?:the|your) (?:message|mail)|below this line is a copy|(?:the |your )?"
    r"original (?:message|mail)\b(?! was)|(?:message )?headers? (?:of|from) the|(?:un)?sent message follows"
    r"|returned message|message header|your message (?:follows|reads)|forwarded message)"
    r"|(?:return-path|received|message-id|delivered-to|x-original-to): ).*$",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = (  # the surest first: what stands alone on its line, what a field names, what a dialogue was about
    re.compile(
        rf"^[ \t>*•-]{{0,8}}<?({_ADDRESS})>?[ \t]{{0,4}}:?[ \t]*(?:\.{{2,}}.*|-{{2,}}.*|\([^)]{{0,80}}\).*)?$",
        re.MULTILINE,
    ),
    re.compile(
        rf"^[ \t>*•-]{{0,8}}<?({_ADDRESS})>?[ \t]{{0,4}}(?:[:;,(]|\.\.\.|[ \t]-|[ \t]{{2,}}|[ \t]on[ \t]).*$",
        re.MULTILINE,
    ),
    re.compile(
        r"(?:recipients?|rcpt to|address(?:es)?|user|mailbox|account|to|an|à)\b[\s:(]{1,4}(?:rfc822;)?(?:\[smtp:)?"
        rf"[\s<\"'(]{{0,4}}({_ADDRESS})",
        re.IGNORECASE,
    ),
    re.compile(rf"[<\s\"'(=:\[]({_ADDRESS})"),
)
_THE_FOLLOWING = re.compile(
    r"\b(?:following|these|folgende\w{0,2}|suivante?s?|siguientes?)\s(?:e-?mail\s)?(?:recipient|address|empfänger|adress|destina)",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_STILL_TRYING = re.compile(
    r"will (?:be retried|continue|keep trying)|still (?:being|trying)|delayed|do not need to resend|not need to resend"
    r"|warning(?: only)?:|temporar(?:y|ily) (?:defer|delay)|wird weiter versucht|delivery attempts will continue",
    re.IGNORECASE,
)
_REASONS = re.compile(
    r"^.*(?:[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b|unknown|no such|not exist|rejected|denied|full|quota|refused"
    r"|invalid|unavailable|timed? ?out|not found|too (?:big|large|long)|blocked).*$",
    re.IGNORECASE | re.MULTILINE,
)
# Bad mailbox, system or syntax, moved without an address, null MX (RFC 3463 section 3.2, RFC 7505).
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_SAYS_GONE = re.compile(
    r"(?:user|recipient|mailbox|address|account)\b[^.;]{0,40}\b(?:unknown|not (?:found|exist)|does(?: not|n't) exist)"
    r"|(?:unknown|no such|invalid) (?:user|recipient|mailbox|address|local part)|nxdomain|empfänger unbekannt",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"(?:\r?\n[ \t]*){2,}")
_FIELD = re.compile(r"^([\w-]{1,40}):[ \t]*(.*(?:\r?\n[ \t]+.*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a mail for one of those it went to."""

    recipient: str
    action: Action
    status: str | None  # RFC 3463: 5.1.1
    reason: str  # the server's words


@dataclass(frozen=True, slots=True)
class Report:
    """A report about a mail of ours."""

    failures: tuple[Failure, ...]
    envelope: str | None = None  # the ENVID that we gave (RFC 3461 section 4.4)


def is_gone(status: str | None, words: str) -> bool:
    """Tell whether nobody is behind an address, by what a server says when it refuses it for good.

    A server that gives a status means it: words decide only without one, for they also stand in refusals of spam.
    """
    return status in _GONE if status else bool(_SAYS_GONE.search(words))


def says_undelivered(mail: Mail) -> bool:
    """Tell whether a mail that no standard calls a report says in words that something did not arrive.

    Words alone prove nothing, since people use them too: nobody must have sent it, or it must return what it is about,
    or both its subject and its first lines must say so, list an address and ask nothing.
    """
    headers, words = mail.headers, _words(mail)
    subject, beginning = headers.text("subject"), _before_returned(words)[:_BEGINNING]
    if _ANSWERS.match(subject):
        return False
    in_subject, in_text = bool(_SAYS_SO.search(subject)), bool(_SAYS_SO.search(beginning))
    if headers.raw("return-path").strip() == "<>" or not headers.addresses("from") or _returns_something(mail, words):
        return in_subject or in_text
    return in_subject and in_text and "?" not in beginning and any(sign.search(beginning) for sign in _NAMED[:2])


def _returns_something(mail: Mail, words: str) -> bool:
    attached = any(file.mime in {"message/rfc822", "text/rfc822-headers"} for file in mail.files)
    return attached or len(_before_returned(words)) < len(words)


def report_of(mail: Mail) -> Report:
    """Return what a bounce says: whom the mail did not reach, and why."""
    files = [*mail.files, *_files_within(mail)]
    by_standard = [failure for file in files for failure in _of_standard(file)]
    return Report(tuple(_distinct(by_standard or _of_words(mail))), _envelope(files))


def _files_within(mail: Mail) -> Iterator[File]:
    """Return the parts of a report that a gateway wrapped into one of its own."""
    for file in mail.files:
        if file.mime == "message/rfc822" and b"report-type" in file.data[:_READ]:
            with suppress(MessageUnreadable):
                yield from take_apart(file.data).files


def _of_standard(file: File) -> Iterator[Failure]:
    """Read a delivery-status part: a group of fields for the mail, then one for each recipient (RFC 3464)."""
    if file.mime not in {"message/delivery-status", "message/global-delivery-status"}:
        return
    for fields in _groups(file):
        recipient = _address(fields.get("original-recipient", "")) or _address(fields.get("final-recipient", ""))
        action = fields.get("action", "failed").partition(" ")[0].strip().lower()
        if recipient and action not in {"relayed", "expanded"}:
            status = _STATUS.search(fields.get("status", "") + " " + fields.get("diagnostic-code", ""))
            words = fields.get("diagnostic-code", "").partition(";")[2] or fields.get("status", "")
            kind = _ACTIONS.get(action, "delivered" if action == "delivered" else "failed")
            yield Failure(recipient, kind, status[0] if status else None, one_line(words)[:_REASON])


def _groups(file: File) -> list[dict[str, str]]:
    text = decode(file.data[:_READ], None)
    groups = ({n.lower(): v for n, v in reversed(_FIELD.findall(group))} for group in _GROUPS.split(text))
    return [fields for fields in groups if fields]


def _envelope(files: Iterable[File]) -> str | None:
    reports = (fields for file in files if file.mime.endswith("delivery-status") for fields in _groups(file))
    return next((one_line(f["original-envelope-id"]) for f in reports if "original-envelope-id" in f), None)


def _address(field: str) -> str | None:
    found = re.search(_ADDRESS, field.partition(";")[2] or field)
    return found[0] if found else None


def _of_words(mail: Mail) -> Iterator[Failure]:
    """Read a report that is written for people."""
    everything = _words(mail)
    said = _before_returned(everything)
    named = _named_by_header(mail.headers) or _named_in(said, besides=_own_addresses(mail.headers))
    reason = _reason(said)
    status = _STATUS.search(said)
    trying = bool(_STILL_TRYING.search(said)) and not re.search(r"permanent|giv(?:en|ing) up", said, re.IGNORECASE)
    for recipient in named or _returned_to(mail, everything[len(said) :]):
        yield Failure(recipient, "delayed" if trying else "failed", status[0] if status else None, reason)


def _words(mail: Mail) -> str:
    text = mail.body.text if mail.body.text and mail.body.text.strip() else text_of(mail.body.html or "")
    return text[:_READ]


def _before_returned(text: str) -> str:
    """Cut a report where the mail begins that it returns."""
    for found in _RETURNED_BELOW.finditer(text):
        if text[: found.start()].strip():
            return text[: found.start()]
    return text


def _named_by_header(headers: Headers) -> list[str]:
    """Exim and others name the failed ones in a field."""
    return [a.address for a in headers.addresses("x-failed-recipients")]


def _named_in(said: str, *, besides: frozenset[str]) -> list[str]:
    listed = _THE_FOLLOWING.search(said)
    if listed and (named := _by_signs(said[listed.end() :], besides)):
        return named
    return _by_signs(said, besides)


def _by_signs(said: str, besides: frozenset[str]) -> list[str]:
    for sign in _NAMED:
        found = dict.fromkeys(sign.findall("\n" + said))
        named = [a for a in found if a.lower() not in besides and not _DAEMONS.match(a)]
        if named:
            return named[:MAX_RECIPIENTS]
    return []


def _own_addresses(headers: Headers) -> frozenset[str]:
    """Return who the report is from and to: it is about neither, except where it names no other."""
    named = headers.addresses("from", "sender", "to", "return-path", "delivered-to", "reply-to")
    return frozenset(a.address.lower() for a in named)


def _returned_to(mail: Mail, returned: str) -> list[str]:
    """Return whom the returned mail was written to, where the report names nobody."""
    attached = (
        decode(f.data[:8_192], None) for f in mail.files if f.mime.startswith(("message/rfc822", "text/rfc822"))
    )
    for text in [*attached, returned]:
        found = re.search(
            r"^(?:x-failed-recipients|to):[ \t]*(.*(?:\r?\n[ \t]+.*)*)", text, re.IGNORECASE | re.MULTILINE
        )
        if found:
            return re.findall(_ADDRESS, found[1])[:MAX_RECIPIENTS]
    return []


def _reason(said: str) -> str:
    found = _REASONS.search(said)
    first = next((line for line in said.splitlines() if line.strip()), "")
    return one_line(found[0] if found else first).strip("> ")[:_REASON]


def _distinct(failures: Iterable[Failure]) -> list[Failure]:
    return list({failure.recipient.lower(): failure for failure in failures}.values())[:MAX_RECIPIENTS]
