"""What our mail server found out about the sender of a mail, in its own header field (RFC 8601)."""

from __future__ import annotations

import re

from inbox_email.headers import Headers

_FIELDS = 20  # of many the topmost: a server writes its own above all that came with the mail
_OCTETS = 4_000
_NESTED = 4  # comments within comments
_COMMENT = re.compile(r"\([^()]*\)")
_REFUTED = re.compile(r"\s*dmarc\s*=\s*fail\b", re.IGNORECASE)
_RESULT = re.compile(r"\s*(dmarc|spf|dkim)\s*=\s*([a-z]+)", re.IGNORECASE)
_PASSED = re.compile(r"\s*dmarc\s*=\s*pass\b", re.IGNORECASE)
_ABOUT = re.compile(r"\bheader\.from\s*=\s*([^\s;]{1,255})", re.IGNORECASE)
_JUDGED = re.compile(r"\s*dmarc\s*=", re.IGNORECASE)


def is_proved(headers: Headers, server: str) -> bool:
    """Tell whether `server` says that a mail is from the domain in its From, which names one sender: by DMARC alone.

    SPF and DKIM may speak of another domain than the one that is shown.
    """
    senders = headers.addresses("from")
    if len(senders) != 1 or len(headers.all_raw("from")) != 1:
        return False
    domain = senders[0].address.rpartition("@")[2].casefold()
    judged = next((v for v in _verdicts(headers, server) if any(map(_JUDGED.match, v))), ())
    passed = [result for result in judged if _PASSED.match(result)]
    named = [found[1].casefold() for result in passed if (found := _ABOUT.search(result))]
    # A verdict about another domain is about another From than the one that is shown.
    return bool(passed) and not any(map(_REFUTED.match, judged)) and all(each == domain for each in named)


def is_refuted(headers: Headers, server: str) -> bool:
    """Tell whether `server` says that a mail is not from the domain in its From (DMARC, RFC 7489).

    Anybody can write such a field: only the topmost verdict under the name of our own server counts, and to pass
    proves nothing that we build on.
    """
    judged = next((v for v in _verdicts(headers, server) if any(map(_JUDGED.match, v))), ())
    return any(map(_REFUTED.match, judged))


def is_vouched_for(headers: Headers, server: str) -> bool:
    """Tell whether `server` says that a mail is what it seems: by DMARC, or where that says nothing by SPF or DKIM."""
    found = (_RESULT.match(result) for results in _verdicts(headers, server) for result in results)
    said = [(match[1].lower(), match[2].lower()) for match in found if match]
    judged = [verdict for method, verdict in said if method == "dmarc" and verdict != "none"]
    return judged[0] == "pass" if judged else any(verdict == "pass" for method, verdict in said if method != "dmarc")


def _verdicts(headers: Headers, server: str) -> list[list[str]]:
    """Return what each field of this server says, the topmost first."""
    if not server:
        return []
    fields = [_plain(raw[:_OCTETS]).split(";") for raw in headers.all_raw("authentication-results")[:_FIELDS]]
    return [results for name, *results in fields if _is(name, server)]


def _plain(raw: str) -> str:
    for _ in range(_NESTED):
        raw = _COMMENT.sub(" ", raw)
    return raw


def _is(name: str, server: str) -> bool:
    """Tell whether a field is this server's: its name may be followed by a version (RFC 8601 section 2.2)."""
    words = name.casefold().split()
    return bool(words) and words[0] == server.casefold()
