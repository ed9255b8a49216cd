"""Decides what of a mail's body is shown: text and cleaned HTML, with what they quote folded."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from inbox.channel.model import File
from inbox_email.html import Token, is_bearable, read, render, text, text_of
from inbox_email.html_quotes import PageSplit, split_page
from inbox_email.mime import Body
from inbox_email.quotes import has_quotes, is_forward, split_text
from inbox_email.styles import sheet_of, with_body

_EMPTY_LINES = re.compile(r"(?:\n[ \t\u200b\xa0]{0,9}(?=\n)){5,}\n")  # mailers leave hundreds where HTML had boxes
MAX_TEXT = 200_000  # characters shown; the rest is in a file


@dataclass(frozen=True, slots=True)
class Content:
    """What is shown of a mail."""

    text: str
    html: str | None
    quoted: str | None
    blocked: int  # remote images
    files: tuple[File, ...]


def content_of(body: Body, files: Sequence[File], *, subject: str) -> Content:
    """Fold quotes in both forms alike, and put what is too large to be shown into a file."""
    if body.html is None or not body.html.strip():
        return _of_text(body.text or "", files, subject)
    if not is_bearable(body.html):
        in_a_file = File("message.html", body.html.encode(), "text/html")
        return _of_text(body.text or text_of(body.html), [*files, in_a_file], subject)
    whole = read(with_body(body.html))
    split = PageSplit(whole) if is_forward(subject) else split_page(whole)
    page = _Page(whole, split, sheet_of(body.html), _marked_inline(files, whole))
    return _of_both(body.text, page, subject=subject)


def _of_text(said: str, files: Sequence[File], subject: str) -> Content:
    split = split_text(_EMPTY_LINES.sub("\n\n\n", said), subject=subject)
    return _bounded(Content(split.text, None, split.folded, 0, tuple(_marked_inline(files, ()))))


@dataclass(frozen=True, slots=True)
class _Page:
    """The HTML of a mail on its way to be shown."""

    whole: Sequence[Token]
    split: PageSplit
    sheet: str
    files: Sequence[File]


def _of_both(said: str | None, page: _Page, *, subject: str) -> Content:
    split, from_html = page.split, text(page.whole)
    if said is None or _is_poorer(said, from_html):
        said = from_html
    by_lines = split_text(said, subject=subject)
    if by_lines.quoted is None and has_quotes(said):
        # The lines show answers within the quote, which the frames of the HTML may hide.
        split = PageSplit(page.whole)
    shown = render(split.page, page.sheet)
    new = by_lines.text if by_lines.quoted or not split.quoted else text(split.page)
    return _bounded(Content(new, shown.html, by_lines.folded or split.quoted, shown.blocked, tuple(page.files)))


def _is_poorer(said: str, from_html: str) -> bool:
    """Some mailers send a text part that only says that there is HTML."""
    return len(from_html) > 2 * len(said) + 200


def _bounded(content: Content) -> Content:
    if len(content.text) <= MAX_TEXT and len(content.quoted or "") <= MAX_TEXT:
        return content
    everything = "\n\n".join(part for part in (content.text, content.quoted) if part)
    return replace(
        content,
        text=content.text[:MAX_TEXT],
        quoted=content.quoted[:MAX_TEXT] if content.quoted else None,
        files=(*content.files, File("message.txt", everything.encode(), "text/plain")),
    )


def _marked_inline(files: Sequence[File], page: Sequence[Token]) -> list[File]:
    """Tell the pictures of the text from the files that only came with it."""
    sources = (html_entities.unescape(token.get("src")) for token in page if token.tag == "img")
    shown = {unquote(source[4:]) for source in sources if re.match("cid:", source, re.IGNORECASE)}
    return [replace(file, inline=file.content_id in shown) for file in files]
