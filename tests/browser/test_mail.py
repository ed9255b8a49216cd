"""A mail looks as its writer laid it out, and does nothing that they hid in it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, expect

from inbox.channel.host import HttpAnswer
from inbox.testing import fakes
from inbox.testing.http import http_server
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser
HTML = (Path(__file__).parent / "mail.html").read_text(encoding="utf-8")
SHAPES = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}


@dataclass(slots=True)
class Stranger:
    """A server that mails would like to be looked at from."""

    origin: str = ""
    heard: list[str] = field(default_factory=list)

    @property
    def coloured(self) -> str:
        """The subject of the mail that is full of colours and traps."""
        return f"Update {self.origin.rpartition(':')[2]}"

    @property
    def plain(self) -> str:
        """The subject of the mail that chooses no colour."""
        return f"Re: {self.coloured}"

    async def answer(self, request: fakes.Request) -> HttpAnswer:
        self.heard.append(request.url)
        if request.url.endswith("/banner.png"):
            return HttpAnswer(200, {"content-type": "text/html"}, picture(31, 111, 84))
        return HttpAnswer(200, {"content-type": "text/plain", "access-control-allow-origin": "*"}, b"got you")


def picture(red: int, green: int, blue: int) -> bytes:
    """Return a PNG of one colour, 32 pixels wide and 24 high."""
    rows = (b"\0" + bytes((red, green, blue)) * 32) * 24
    header = struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def mail(subject: str, html: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Leipzig Lamps <lamps@example.org>", "help@example.org", subject
    made["Message-ID"], made["Date"] = f"<{hash((subject, html))}@example.org>", "Sun, 22 Nov 2026 09:00:00 +0100"
    made.set_content(html, subtype="html")
    made.add_related(picture(240, 180, 60), "image", "png", cid="<lamp@mail>", filename="lamp.png")
    return made.as_bytes()


@pytest.fixture
async def stranger(api: Api) -> AsyncIterator[Stranger]:
    """Let two mails arrive."""
    async with AsyncExitStack() as stack:
        stranger = Stranger()
        stranger.origin = await stack.enter_async_context(http_server(stranger.answer))
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        mailbox.append(mail(stranger.coloured, HTML.replace("EVIL", stranger.origin)))
        mailbox.append(mail(stranger.plain, "<p>No <b>colours</b> at all, thank you.</p><p>Greta</p>"))
        api.post("/inboxes", {"channel": "email", "name": "Mail", "config": mail_settings(mailbox, sink)})
        yield stranger


async def opened(desk: Desk, subject: str) -> FrameLocator:
    """Open the ticket of a mail and return the frame that shows it."""
    await desk.page.goto(desk.url + "/q/all?sort=newest")  # a list draws only what is in sight
    row = desk.rows.filter(has=desk.page.get_by_text(subject, exact=True))
    await desk.page.goto(desk.url + str(await row.get_attribute("href", timeout=20_000)))
    frame = desk.page.frame_locator("article iframe")
    await expect(frame.locator("body")).to_be_visible()
    return frame


async def style_of(frame: FrameLocator, words: str) -> dict[str, Any]:
    """Return how the innermost element with these words looks."""
    look = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.position, s.fontWeight] }"
    color, background, position, weight = await frame.get_by_text(words).evaluate(look)
    return {"color": color, "background": background, "position": position, "weight": weight}


async def test_a_mail_keeps_its_looks_and_asks_nobody(browser: Browser, api: Api, stranger: Stranger) -> None:
    async with a_desk(browser, api.url) as desk:
        asked: list[str] = []
        desk.page.on("request", lambda request: asked.append(request.url))
        await desk.sign_in(api.email, api.password)
        frame = await opened(desk, stranger.coloured)

        banner = await style_of(frame, "Your pledge is on its way")
        number = await style_of(frame, "number 214")
        floating = await style_of(frame, "Nothing of this floats.")
        follow = await style_of(frame, "Follow the parcel")
        paper = await frame.locator(".mail-body").evaluate("e => getComputedStyle(e).backgroundColor")
        await expect(frame.get_by_alt_text("The lamp")).to_be_visible()
        await expect(frame.get_by_alt_text("The lamp")).to_have_js_property("naturalWidth", 32, timeout=15_000)
        await expect(desk.page.get_by_text("2 remote pictures are not loaded")).to_be_visible()
        await expect(desk.page.get_by_text("We will tell you when it leaves.")).to_be_hidden()
        fits = await desk.page.locator("article iframe").evaluate(
            "e => e.clientHeight - e.contentDocument.documentElement.scrollHeight"
        )
        pwned = await desk.page.evaluate("window.pwned")

    assert (banner["color"], banner["background"]) == ("rgb(255, 255, 255)", "rgb(31, 111, 84)")
    assert (number["color"], number["weight"]) == ("rgb(194, 24, 91)", "700")
    assert floating["position"] == follow["position"] == "static"
    assert (follow["background"], paper) == ("rgb(31, 111, 84)", "rgb(238, 241, 246)")
    assert abs(fits) <= 1
    assert pwned is None
    assert stranger.heard == []
    assert [url for url in asked if not url.startswith(api.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_mail_is_readable_in_each_light_on_each_screen(
    browser: Browser, api: Api, stranger: Stranger, scheme: str, shape: str
) -> None:
    context = {"color_scheme": scheme, "viewport": SHAPES[shape]}
    async with a_desk(browser, api.url, **context) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, stranger.coloured)
        await desk.photograph(f"mail-{scheme}-{shape}")
        frame = await opened(desk, stranger.plain)
        plain = await style_of(frame, "Greta")
        await desk.photograph(f"mail-plain-{scheme}-{shape}")

        assert plain["color"] == {"light": "rgb(24, 27, 34)", "dark": "rgb(231, 234, 240)"}[scheme]
        assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert stranger.heard == []


async def test_pictures_from_afar_are_fetched_by_us_when_they_are_wanted(
    browser: Browser, api: Api, stranger: Stranger
) -> None:
    async with a_desk(browser, api.url) as desk:
        asked: list[str] = []
        desk.page.on("request", lambda request: asked.append(request.url))
        await desk.sign_in(api.email, api.password)
        frame = await opened(desk, stranger.coloured)
        banner = frame.get_by_alt_text("Advertisement")
        await desk.page.get_by_role("button", name="Load").click()
        await expect(banner).to_have_js_property("naturalWidth", 32, timeout=15_000)
        await expect(desk.page.get_by_text("fetched by this service")).to_be_visible(timeout=15_000)
        await desk.photograph("mail-pictures")
        once = list(stranger.heard)
        await desk.page.get_by_role("button", name="Always from lamps@example.org").click()
        await expect(desk.page.get_by_role("button", name="No longer always")).to_be_visible(timeout=15_000)
        await desk.page.goto(f"{desk.url}/settings/pictures")
        await expect(desk.page.get_by_role("button", name="No longer always: lamps@example.org")).to_be_visible()
        await desk.photograph("picture-senders")
        await opened(desk, stranger.coloured)
        await expect(banner).to_have_js_property("naturalWidth", 32, timeout=15_000)
        await desk.page.get_by_role("button", name="No longer always").click()
        await expect(desk.page.get_by_text("2 remote pictures are not loaded")).to_be_visible(timeout=15_000)
        await expect(banner).to_have_js_property("naturalWidth", 0)

    assert once == stranger.heard == ["/banner.png"]
    assert [url for url in asked if not url.startswith(api.url)] == []
