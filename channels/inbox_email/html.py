"""Makes the HTML of strangers harmless: an allow-list of tags, attributes and values, and nothing fetched from afar."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import nh3

from inbox_email.charsets import clean
from inbox_email.styles import declarations

CLEANER = 5  # the version of these rules; what older ones cleaned is cleaned again when it is shown
MAX_HTML = 1_000_000  # characters
MAX_TAGS = 50_000
MAX_NESTING = 1_000  # real mails reach 500; nh3 needs 20 s for 100,000 nested elements
MAX_UNCLOSED = 60  # formatting elements left open: HTML repeats them in every paragraph that follows
MAX_UNENDED = 5_000  # elements whose end may be left out
MAX_ENTITIES = 100_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _words(
    "address article aside blockquote center dd div dl dt fieldset figure footer h1 h2 h3 h4 h5 h6 header hr li main ol"
    " p pre section table tbody tfoot thead tr ul"
)
_INLINE = _words(
    "a abbr acronym b bdo big br caption cite code col colgroup del dfn em font i img ins kbd mark q rp rt ruby s samp"
    " small span strike strong sub sup td th tt u var wbr"
)
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
_DROPPED_WHOLE = _words(
    "applet audio button canvas embed frame frameset iframe math noembed noframes noscript object option script select"
    " style svg template textarea title video xmp"
)
_SHOWN = _words(
    "align alt bgcolor border cellpadding cellspacing color colspan dir face height href lang rel rowspan size src"
    " style target valign width"
)
_NAMES = frozenset({"class", "id"})  # shown only where a style sheet speaks of them
_MARKS = _NAMES | {"name", "type"}  # by which quoting mailers mark what they quote

_PLAIN_VALUE = re.compile(r"[\w%.,#() +-]{1,120}")
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_REMOTE = re.compile(r"https?://", re.IGNORECASE)
_IMAGE = re.compile(r"cid:|https?://|data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)
TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[^\s=>"]+="[^"]*")*)\s*/?>|([^<]+)|(<)', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([^\s=>"]+)="([^"]*)"')
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_FORMATTING = _words("a b big code em font i nobr s small strike strong tt u")
_ENDED_BY_OTHERS = _words("body dd dt head html li option p tbody td tfoot th thead tr")
_NEVER_ENDED = _VOID | _words("area base basefont bgsound embed frame input keygen link meta param source track")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SPACED = _words("p h1 h2 h3 h4 blockquote pre ul ol table")
_BREAK, _GAP, _ENTER, _LEAVE = "\x01", "\x02", "\x03", "\x04"  # between elements; cleaned text holds none of them
_BREAKS = re.compile(r"[\x01\x02][ \t\x01\x02]*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of cleaned HTML: a tag that opens, one that closes, or text with its entities."""

    tag: str = ""
    closes: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def get(self, name: str) -> str:
        """Return an attribute as it is written; empty without one."""
        return next((value for key, value in self.attributes if key == name), "")


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML that may be shown, and what was held back."""

    html: str
    blocked: int  # remote images


def is_bearable(html: str) -> bool:
    """Tell whether HTML can be cleaned in reasonable time; linear itself."""
    if len(html) > MAX_HTML or html.count("&") > MAX_ENTITIES:
        return False
    nesting = unclosed = unended = 0
    for count, match in enumerate(_ANY_TAG.finditer(html)):
        tag, step = match[2].lower(), -1 if match[1] else 1
        if tag in _NEVER_ENDED:
            continue
        unended += step if tag in _ENDED_BY_OTHERS else 0
        nesting += step if tag not in _ENDED_BY_OTHERS else 0
        unclosed += step if tag in _FORMATTING else 0
        if count > MAX_TAGS or nesting > MAX_NESTING or unclosed > MAX_UNCLOSED or unended > MAX_UNENDED:
            return False
    return True


def read(html: str) -> list[Token]:
    """Clean HTML and return its tokens, well nested, with the marks of quoting mailers still on them."""
    cleaned = nh3.clean(
        html,
        tags=set(_BLOCKS | _INLINE),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes={"*": set(_SHOWN | _MARKS) - {"rel", "target"}},
        attribute_filter=_filtered,
        strip_comments=True,
        link_rel="noopener noreferrer",
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return [_token(match) for match in TOKEN.finditer(cleaned)]


def render(tokens: Iterable[Token], sheet: str = "") -> Rendered:
    """Write tokens as HTML to be shown; remote images become `data-remote-src`, so that nothing is fetched."""
    written, blocked = [f"<style>{sheet}</style>"] if sheet else list[str](), 0
    shown = _SHOWN | {"data-remote-src"} | (_NAMES if sheet else set())
    for token in tokens:
        is_remote = token.tag == "img" and _REMOTE.match(token.get("src")) is not None
        written.append(_written(_held_back(token) if is_remote else token, shown))
        blocked += is_remote
    return Rendered("".join(written), blocked)


def text(tokens: Sequence[Token]) -> str:
    """Return what a reader of the HTML reads."""
    pieces, verbatim = list[str](), 0
    for token in tokens:
        if token.tag == "pre":
            verbatim += -1 if token.closes else 1
        pieces.append(_spoken(token, verbatim=verbatim > 0))
    return _tidied("".join(pieces))


def text_of(html: str) -> str:
    """Return the text of any HTML, also of one that is too large to be cleaned."""
    if is_bearable(html):
        return text(read(html))
    return _tidied(html_entities.unescape(re.sub(r"<[^<>]{0,5000}>", " ", html)))


def _filtered(tag: str, name: str, value: str) -> str | None:
    match name:
        case "href":
            return value if tag == "a" and _LINK.match(value) else None
        case "src":
            return value if tag == "img" and _IMAGE.match(value) else None
        case "style":
            return declarations(value) or None
        case "class" | "id" | "name" | "type" | "alt":
            return value[:300]
        case _:
            return value if _PLAIN_VALUE.fullmatch(value) else None


def _token(match: re.Match[str]) -> Token:
    closes, tag, attributes, said, stray = match.groups()
    if tag is None:
        return Token(text=said or ("&lt;" if stray else ""))
    return Token(tag=tag.lower(), closes=bool(closes), attributes=tuple(_ATTRIBUTE.findall(attributes)))


def _held_back(image: Token) -> Token:
    """A picture of one pixel is there to see who reads; it is not even offered."""
    is_tracker = bool({image.get("width"), image.get("height")} & {"0", "1", "0px", "1px"})
    others = tuple((name, value) for name, value in image.attributes if name != "src")
    return Token("img", attributes=others if is_tracker else (*others, ("data-remote-src", image.get("src"))))


def _written(token: Token, shown: AbstractSet[str]) -> str:
    if not token.tag:
        return token.text
    if token.closes:
        return f"</{token.tag}>"
    attributes = (f' {name}="{value}"' for name, value in token.attributes if name in shown)
    return f"<{token.tag}{''.join(attributes)}>"


def _spoken(token: Token, *, verbatim: bool) -> str:
    if not token.tag:
        said = clean(html_entities.unescape(token.text))
        return said if verbatim else _SPACE.sub(" ", said)
    if token.tag == "br":
        return "\n"
    if token.tag == "blockquote":
        return _GAP + (_LEAVE if token.closes else _ENTER) + _GAP
    if token.tag in _BLOCKS:
        return (_GAP if token.tag in _SPACED else _BREAK) + ("- " if token.tag == "li" and not token.closes else "")
    return " " if token.tag in {"td", "th"} else ""


def _tidied(said: str) -> str:
    """Make one break of those between elements, and none at either end."""
    said = _BREAKS.sub(lambda found: "\n\n" if _GAP in found[0] else "\n", said)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_prefixed(said.replace("\xa0", " ").split("\n")))).strip()


def _prefixed(lines: Iterable[str]) -> Iterator[str]:
    """Mark what stands in block quotes as plain text does, so that the same rules hold for both."""
    depth = 0
    for line in lines:
        depth = max(0, depth + line.count(_ENTER) - line.count(_LEAVE))
        content = clean(line).strip(" \t")
        yield f"{'>' * min(depth, 20)} {content}" if content and depth else content


def regions(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every element, outermost first, end after its closing tag."""
    open_at: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for index, token in enumerate(tokens):
        if not token.tag or token.tag in _VOID:
            continue
        if not token.closes:
            open_at.append((token.tag, index))
        elif open_at:
            found.append((open_at.pop()[1], index + 1))
    return iter(sorted(found))
