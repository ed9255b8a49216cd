"""Finds in cleaned HTML what a mailer quoted, by the marks that it leaves on its own quotes."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from inbox_email.html import Token, regions, text
from inbox_email.quotes import is_attribution, is_forwarded, is_signature

# Gmail, Yahoo, Proton, Thunderbird, GMX and WEB.DE, Apple Mail, Zoho, Outlook on the telephone.
_QUOTE_CLASSES = frozenset(
    {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote", "moz-cite-prefix", "zmail_extra"}
)
_QUOTE_IDS = frozenset({"mail-editor-reference-message-container", "yahoo_quoted"})
# Outlook puts a mark before what it quotes, and the quote is all that follows.
_REST_IDS = frozenset({"divrplyfwdmsg", "appendonsend", "ms-outlook-mobile-body-separator-line"})
_OUTLOOK_BORDER = re.compile(r"border-top:\s*solid #(?:E1E1E1|B5C4DF)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageSplit:
    """A page in two: what is new, and the text of what it repeats."""

    page: Sequence[Token]
    quoted: str | None = None


def split_page(page: Sequence[Token]) -> PageSplit:
    """Fold what the sender's mailer marked as quoted; inline answers and forwards keep everything."""
    spans = _quotes(page)
    if not spans or not _is_foldable(page, spans):
        return PageSplit(page)
    first, last = spans[0][0], spans[-1][1]
    quoted = text(page[first:last])
    return PageSplit(_without(page, spans), quoted) if quoted else PageSplit(page)


def _quotes(page: Sequence[Token]) -> list[tuple[int, int]]:
    """Return where the outermost quotes are."""
    found: list[tuple[int, int]] = []
    for start, end in regions(page):
        if found and start < found[-1][1]:
            continue
        if _opens_rest(page[start]):
            return [*found, (start, len(page))]
        if _opens_quote(page[start]):
            found.append((start, end))
    return found


def _opens_quote(token: Token) -> bool:
    if token.tag == "blockquote" and (token.get("type").lower() == "cite" or "gmail_quote" in token.get("class")):
        return True
    classes = set(html_entities.unescape(token.get("class")).lower().split())
    is_gmx = token.tag == "div" and token.get("name").lower() == "quote"
    return bool(classes & _QUOTE_CLASSES) or token.get("id").lower() in _QUOTE_IDS or is_gmx


def _opens_rest(token: Token) -> bool:
    if token.get("id").lower() in _REST_IDS:
        return True
    return token.tag == "div" and _OUTLOOK_BORDER.search(token.get("style")) is not None


def _is_foldable(page: Sequence[Token], spans: Sequence[tuple[int, int]]) -> bool:
    before = text(page[: spans[0][0]])
    after = text(page[spans[-1][1] :])
    between = any(text(page[one[1] : other[0]]) for one, other in pairwise(spans))
    if between or any(_is_answered_within(page[start:end]) for start, end in spans):
        return False
    if _passes_on(before, text(page[spans[0][0] : spans[-1][1]])):
        return False
    if not after:
        return bool(before)
    return not before or is_signature(after.partition("\n")[0])


def _passes_on(before: str, quoted: str) -> bool:
    lines = [*before.split("\n")[-3:], *quoted.split("\n")[:3]]
    return any(is_forwarded(line) for line in lines)


def _is_answered_within(region: Sequence[Token]) -> bool:
    """Tell whether words stand inside a quote's frame and outside what it quotes: Gmail's inline answers."""
    if region[0].tag == "blockquote" or not any(token.tag == "blockquote" for token in region):
        return False
    depth, met, outside = 0, False, list[Token]()
    for token in region:
        if token.tag == "blockquote":
            depth += -1 if token.closes else 1
            met = True
        elif met and not depth:
            outside.append(token)
    said = text(outside)
    return bool(said) and not is_attribution(said) and not is_signature(said.partition("\n")[0])


def _without(page: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    """Leave quotes out; what was opened before a quote and closed in it is closed all the same."""
    kept: list[Token] = []
    position = 0
    for start, end in spans:
        kept += [*page[position:start], *_unmatched(page[start:end])]
        position = end
    return [*kept, *page[position:]]


def _unmatched(region: Sequence[Token]) -> list[Token]:
    """Return the closing tags of a region whose opening ones are before it."""
    found, depth = list[Token](), 0
    for token in region:
        if token.closes and depth == 0:
            found.append(token)
        elif token.closes:
            depth -= 1
        elif token.tag and token.tag not in {"br", "col", "hr", "img", "wbr"}:
            depth += 1
    return found
