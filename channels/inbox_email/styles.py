"""What of a stranger's styles may stay: declarations and style sheets that only lay out, and fetch nothing."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterator

BODY = "mail-body"  # the class of the element that stands for a mail's own <body>

MAX_SHEET = 200_000  # characters
MAX_RULES = 2_000

_PROPERTY = re.compile(
    r"(?:color|background(?:-color)?|font(?:-family|-size|-style|-weight|-variant)?|text-(?:align|decoration|indent|transform)"
    r"|line-height|letter-spacing|white-space|vertical-align|direction|(?:max-|min-)?(?:width|height)|display"
    r"|(?:margin|padding|border)(?:-[a-z]+)*|list-style-type|table-layout|word-(?:break|wrap)|overflow-wrap"
    r"|float|clear|box-sizing|visibility|opacity)"
)
# nh3 filters the names of properties and not their values: font-family:url(http://…) would be fetched.
_FETCHES = re.compile(r"url|image|expression|javascript|attr\(|var\(|env\(|element\(|@|\\|/\*|<|[{}]", re.IGNORECASE)
# What is as high as its frame makes its frame higher, for ever.
_OF_THE_FRAME = re.compile(r"\d[sld]?v(?:w|h|i|b|min|max)\b", re.IGNORECASE)

_SELECTOR = re.compile(
    r"""(?:[\w\s.#>+~*-]|\[[\w-]{1,40}(?:[~|^$*]?=(?:"[\w -]{0,80}"|'[\w -]{0,80}'|[\w-]{1,80}))?\]"""
    r"|:(?:link|visited|hover|active|(?:first|last|only)-child|first-letter|root))+",
    re.ASCII,
)
_LONGEST_SELECTOR = 300
_OF_THE_PAGE = re.compile(r"(?<![\w.#\[\"'=-])(?:html\s+body|html|body|:root)(?![\w-])", re.IGNORECASE)
_CONDITION = re.compile(r"(?:(?:only |not )?(?:all|screen)|\([a-z-]{1,30}:[\w .]{1,20}\)|,| and )+")
_FOR_PRINT = re.compile(r"print|speech")
_NOTHING_ELSE = re.compile(r"<!--|-->|<!\[CDATA\[|\]\]>")
_TAG = re.compile(r"<!--|<(style|body)\b([^<>]{0,2000})>", re.IGNORECASE)
_STYLE_END = re.compile(r"</style", re.IGNORECASE)
_MEDIA = re.compile(r"media\s*=\s*(?:\"([^\"]{0,200})\"|'([^']{0,200})'|([\w-]{1,40}))", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s{0,9}>", re.IGNORECASE)
_GIVEN = re.compile(
    r"([a-z]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]{0,1000})\"|'([^']{0,1000})'|([^\s\"'>]{1,200}))", re.IGNORECASE
)
_COLOUR = re.compile(r"#?\w{1,30}")
_COLOUR_FIRST = re.compile(r"(#[0-9a-f]{3,8}|rgba?\([\d.,% ]{1,40}\)|[a-z]{3,20})\s", re.IGNORECASE)
_NO_COLOURS = frozenset(
    ("fixed", "scroll", "local", "none", "repeat", "top", "bottom", "left", "right", "center", "inherit", "initial")
)
_BRACE = re.compile(r"[{}]")


def declarations(value: str) -> str:
    """Return the declarations of a style that may stay."""
    written = (declaration.partition(":") for declaration in value.split(";")[:100])
    kept = (_without_picture(name.strip().lower(), given.strip()) for name, _, given in written)
    return ";".join(f"{name}:{given}" for name, given in kept if _is_harmless(name, given))


def sheet_of(html: str) -> str:
    """Return the style sheets of a mail, without what they must not do; empty if nothing of them is left."""
    sheets = list[str]()
    for media, css in _styles(html):
        rules = list(_rules(css, depth=0))
        condition = _condition(media)
        if rules and condition is not None:
            sheets.append(f"@media {condition}{{{''.join(rules)}}}" if condition else "".join(rules))
    return "".join(sheets)


def with_body(html: str) -> str:
    """Put an element in the place of the mail's own <body>, which cleaning drops, if it has looks to keep."""
    tags = list(_tags(html))
    found = next((tag for tag in tags if tag[1].lower() == "body"), None)
    if found is None:
        return html
    has_sheet = any(tag[1].lower() == "style" for tag in tags)
    given = {m[1].lower(): html_entities.unescape(m[2] or m[3] or m[4] or "") for m in _GIVEN.finditer(found[2])}
    style = _looks(given)
    if not has_sheet and not style:
        return html
    names = html_entities.escape(f"{BODY} {given.get('class', '')}".strip())
    mark = f' id="{html_entities.escape(given["id"])}"' if "id" in given else ""
    opened = f'<div class="{names}"{mark} style="{html_entities.escape(style)}">'
    rest = _BODY_END.sub("</div>", html[found.end() :], count=1)
    return html[: found.start()] + opened + rest


def _looks(given: dict[str, str]) -> str:
    """Return the looks of a <body>, which has attributes of its own for colours."""
    old = (("background-color", given.get("bgcolor", "")), ("color", given.get("text", "")))
    plain = ";".join(f"{name}:{colour}" for name, colour in old if _COLOUR.fullmatch(colour))
    return declarations(f"{plain};{given.get('style', '')}")


def _tags(html: str) -> Iterator[re.Match[str]]:
    """Yield the opening tags of style sheets and bodies; what stands in comments is for Outlook alone."""
    position = 0
    while (found := _TAG.search(html, position)) is not None:
        position = found.end()
        if found[1] is None:
            end = html.find("-->", found.start() + 2)  # <!--> is a whole comment
            if end < 0:
                return
            position = end + 3
            continue
        if found[1].lower() == "style":
            close = _STYLE_END.search(html, position)
            position = close.start() if close else len(html)
        yield found


def _styles(html: str) -> Iterator[tuple[str, str]]:
    """Yield (media, css) of each style element."""
    size = 0
    for found in _tags(html):
        close = _STYLE_END.search(html, found.end()) if found[1].lower() == "style" else None
        size += close.start() - found.end() if close else 0
        if size > MAX_SHEET:
            return
        if close is not None:
            media = _MEDIA.search(found[2])
            yield next(filter(None, media.groups()), "") if media else "", _plain(html[found.end() : close.start()])


def _plain(css: str) -> str:
    """Leave out comments, and the marks by which old browsers were kept from showing a sheet."""
    pieces, position = list[str](), 0
    while (start := css.find("/*", position)) >= 0:
        pieces.append(css[position:start])
        end = css.find("*/", start + 2)
        position = end + 2 if end >= 0 else len(css)
    return _NOTHING_ELSE.sub(" ", "".join([*pieces, css[position:]]))


def _rules(css: str, *, depth: int) -> Iterator[str]:
    """Yield the rules that may stay, each written anew from what was understood of it."""
    position = 0
    for _ in range(MAX_RULES):
        start = css.find("{", position)
        if start < 0:
            return
        prelude = css[position:start].rpartition(";")[2].rpartition("}")[2].strip()
        end = _end_of(css, start)
        block, position = css[start + 1 : end], end + 1
        if prelude.lower().startswith("@media") and depth == 0:
            yield from _conditional(prelude[6:], block)
        elif not prelude.startswith("@"):
            yield from _rule(prelude, block)


def _conditional(media: str, block: str) -> Iterator[str]:
    condition = _condition(media)
    inner = "".join(_rules(block, depth=1)) if condition else ""
    if inner:
        yield f"@media {condition}{{{inner}}}"


def _rule(prelude: str, block: str) -> Iterator[str]:
    selectors = ",".join(filter(None, map(_selector, prelude.split(",")[:50])))
    kept = declarations(block)
    if selectors and kept:
        yield f"{selectors}{{{kept}}}"


def _selector(written: str) -> str:
    selector = " ".join(written.split())
    if not selector or len(selector) > _LONGEST_SELECTOR or not _SELECTOR.fullmatch(selector):
        return ""
    return _OF_THE_PAGE.sub(f".{BODY}", selector)


def _condition(media: str) -> str | None:
    """Return a media query that may stay, in one way of writing; None for one that is not for screens."""
    query = re.sub(r"\s*([:(),])\s*", r"\1", " ".join(media.lower().split()))
    query = re.sub(r"\band\(", "and (", query).replace(")and", ") and")
    if not query:
        return ""
    if len(query) > _LONGEST_SELECTOR or _FOR_PRINT.search(query) or not _CONDITION.fullmatch(query):
        return None
    return query.replace("device-width", "width")


def _end_of(css: str, start: int) -> int:
    """Return where the block ends that begins at `start`."""
    depth = 0
    for brace in _BRACE.finditer(css, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return len(css)


def _without_picture(name: str, given: str) -> tuple[str, str]:
    """Keep the colour of a background whose picture goes: what is written on it was chosen for that."""
    found = _COLOUR_FIRST.match(given) if name == "background" and "url" in given.lower() else None
    return ("background-color", found[1]) if found and found[1].lower() not in _NO_COLOURS else (name, given)


def _is_harmless(name: str, given: str) -> bool:
    known = bool(given) and len(given) < 200 and bool(_PROPERTY.fullmatch(name))
    whole = given.count('"') % 2 == 0 and given.count("'") % 2 == 0 and given.count("(") == given.count(")")
    return known and whole and not _FETCHES.search(given) and not _OF_THE_FRAME.search(given)
