"""A page of the platform in a browser, of another origin and under a strict Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, expect

from inbox.channel.host import HttpAnswer
from inbox.testing.http import http_server
from tests.api.chatting import ChatService
from tests.browser.pages import AXE, barriers, photograph


@dataclass(slots=True)
class Guest:
    """A page of the platform in a browser, and what it asked for."""

    page: Page
    inbox_id: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Press the launcher."""
        await self.page.get_by_role("button", name="Chat").click()

    async def say(self, text: str) -> None:
        """Write and send."""
        box = self.page.get_by_label("Your message")
        await box.fill(text)
        await box.press("Enter")
        await expect(self.page.get_by_text(re.compile("· (Sent|Seen)")).last).to_be_visible()

    async def barriers(self) -> list[str]:
        """Return what axe finds wrong with page and widget; it is put in past the page's own policy."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        return await barriers(self.page)

    async def photograph(self, name: str) -> None:
        await photograph(self.page, name)


@asynccontextmanager
async def visiting(
    browser: Browser, service: ChatService, *, config: dict[str, Any] | None = None, **context: Any
) -> AsyncIterator[Guest]:
    """Show a page of the platform with the widget on it; whatever the console complains about fails the test."""
    tab = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **context})
    page = await tab.new_page()
    guest = Guest(page)
    page.on("request", lambda request: guest.requests.append(request.url))
    page.on("console", lambda line: guest.complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: guest.complaints.append(str(error)))
    async with http_server(lambda _: _platform(service, guest)) as origin:
        inbox = await service.add_inbox(sites=[origin], title="Funkenwerk", **(config or {}))
        guest.inbox_id = str(inbox.id)
        await page.goto(f"{origin}/projects/lumi?token=private")
        await page.get_by_role("button", name="Chat").wait_for()
        yield guest
        await tab.close()
    assert guest.complaints == []


async def _platform(service: ChatService, guest: Guest) -> HttpAnswer:
    origin = service.url.replace("ws://", "http://")
    policy = (
        f"default-src 'none'; script-src {origin}; connect-src {service.url} {origin}; style-src 'none'; img-src data:"
    )
    html = (
        '<!doctype html><html lang="en"><head><title>LUMI</title><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width">'
        f'<script async src="{origin}/widget.js" data-inbox="{guest.inbox_id}" data-campaign="lumi"></script></head>'
        "<body><main><h1>LUMI</h1><a href='#x'>A link of the page</a></main></body></html>"
    )
    return HttpAnswer(200, {"content-type": "text/html", "content-security-policy": policy}, html.encode())
