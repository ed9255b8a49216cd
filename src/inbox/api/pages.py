"""A message's HTML as a page of its own, for a frame in the desk: no script runs in it, nothing comes from elsewhere.

The HTML was cleaned when it arrived; this policy holds even if something were overlooked there. The styles of the
mail work, since they stand in attributes of which a page with the desk's own policy would apply none.
"""

from __future__ import annotations

import re
from html import escape
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from inbox.api.auth import Caller, require
from inbox.api.pictures import links_of
from inbox.api.services import services
from inbox.app.pictures import sender_of
from inbox.app.ports import Unit
from inbox.app.shown import shown_today
from inbox.app.views import html_of
from inbox.domain.ids import MessageId, TicketId
from inbox.domain.message import Message

router = APIRouter(prefix="/api/v1/tickets/{ticket_id}/messages/{message_id}", tags=["messages"])

Theme = Annotated[Literal["light", "dark"] | None, Query(description="the reader's; without it that of their system")]

Pictures = Annotated[
    bool | None, Query(description="whether to fetch those from elsewhere; without it as was chosen for their sender")
]

# The origin stays ours, so that the desk can read the page's height and the cookie comes along for its own pictures;
# without scripts nothing in it can use that.
_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {"content-security-policy": _POLICY, "cache-control": "private, no-store"}
_COLOURED = re.compile(
    r"""<[^<>]*\s(?:bgcolor=|color=|style="[^"]*\b(?:color|background)\b)|<style>[^<]*\b(?:color|background)\b""",
    re.IGNORECASE,
)
_SCHEME = "(prefers-color-scheme:"  # as cleaned style sheets write it
_STYLE = """
:root { color-scheme: light dark; }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
body {
  display: flow-root; margin: 0; overflow-wrap: anywhere; color: light-dark(#181b22, #e7eaf0);
  font: 14px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
}
/* Who chose colours and none for the dark chose them for white paper: in the dark they get it. */
:root[data-paper][data-theme=dark] { color-scheme: light; background: #fff; }
:root[data-paper][data-theme=dark] body { padding: 12px; }
@media (prefers-color-scheme: dark) {
  :root[data-paper]:not([data-theme=light]) { color-scheme: light; background: #fff; }
  :root[data-paper]:not([data-theme=light]) body { padding: 12px; }
}
p { margin: 0 0 0.75em; }
body > :last-child { margin-bottom: 0; }
img { max-width: 100%; height: auto; }
img[data-remote-src] { min-width: 24px; min-height: 24px; outline: 1px dashed #8a93a3; outline-offset: -1px; }
img:not([src], [data-remote-src]) { display: none; }
a[href] { color: light-dark(#3a55d4, #94a6ff); }
blockquote {
  margin: 0.5em 0; padding-left: 12px; border-left: 3px solid light-dark(#e3e6eb, #2a303b);
  color: light-dark(#5a6371, #9ba5b4);
}
table { max-width: 100%; font-size: inherit; }
td, th { vertical-align: top; }
pre { overflow-x: auto; }
.text { white-space: pre-wrap; }
"""


@router.get("/page", response_class=HTMLResponse)
async def show_page(
    request: Request,
    caller: Annotated[Caller, require(scope="tickets:read")],
    ticket_id: UUID,
    message_id: UUID,
    theme: Theme = None,
    *,
    pictures: Pictures = None,
) -> Response:
    """Show a message as it was laid out, in a page that runs no script and loads nothing but its own pictures."""
    at_hand = services(request)
    async with at_hand.units.reading() as unit:
        ticket = await unit.tickets.find(TicketId(ticket_id), caller.access)
        message = await unit.messages.find(ticket.id, MessageId(message_id))
        wanted = await _wants_pictures(unit, message) if pictures is None else pictures
    (shown,) = await shown_today(at_hand.door, [message])
    html = html_of(shown, links_of(request), remote=wanted)
    return HTMLResponse(_page(shown, html, theme), headers=_HEADERS)


async def _wants_pictures(unit: Unit, message: Message) -> bool:
    sender = sender_of(message)
    return sender is not None and await unit.pictures.trusts(sender)


def _page(message: Message, html: str | None, theme: str | None) -> str:
    shown = "" if message.deleted_at else html
    body = shown if shown is not None else f'<div class="text">{escape(message.text)}</div>'
    on_paper = _SCHEME not in body and _COLOURED.search(body) is not None
    marks = (f' data-theme="{theme}"' if theme else "") + (" data-paper" if on_paper else "")
    body = _in_theme(body, theme)
    return (
        f'<!doctype html><html{marks}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )


def _in_theme(body: str, theme: str | None) -> str:
    """Let a mail that has styles for the dark follow the reader's choice, which a frame's media queries do not know."""
    if theme is None:
        return body
    other = "light" if theme == "dark" else "dark"
    return body.replace(f"{_SCHEME}{theme})", "(min-width:0)").replace(f"{_SCHEME}{other})", "(max-width:0)")
