"""The widget in a real browser, on a page of another origin under a strict Content-Security-Policy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from inbox.api.visitor_limits import Limits
from inbox.bootstrap import web_folder
from inbox.channel.host import HttpAnswer
from inbox.domain.manager import Availability
from inbox.secrets import Vault
from inbox.testing.http import http_server
from tests.api.chatting import ChatService, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (web_folder() / "widget.js").is_file(), reason="the front end is not built"),
]

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        yield service


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync"],
        )  # fmt: skip
        yield browser
        await browser.close()


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


async def test_nothing_is_asked_for_or_kept_before_the_first_press(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.page.wait_for_timeout(300)

        asked = [url.rpartition("/")[2] for url in guest.requests if url.startswith("http:")]
        assert asked == ["lumi?token=private", "widget.js"]
        assert await guest.page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert await guest.page.context.cookies() == []


async def test_a_chat_goes_both_ways_on_a_strict_page_of_another_origin(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await service.answer("In May. See https://crowd.example/faq.")
        await expect(guest.page.get_by_role("link", name="https://crowd.example/faq")).to_be_visible()

        log = guest.page.get_by_role("log")
        await expect(log).to_contain_text("When does my lamp arrive?")
        await expect(log).to_have_attribute("aria-live", "off")
        message = (await service.messages(await service.ticket()))[0]
        assert message.meta["permalink"].endswith("/projects/lumi")


async def test_only_what_the_team_just_said_is_read_aloud(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.open()
        spoken = guest.page.locator("[aria-live=polite]").last
        await guest.say("Hello?")
        await expect(spoken).to_be_empty()
        await service.answer("Hello!")

        await expect(spoken).to_have_text("Tom: Hello!")


async def test_the_keyboard_alone_is_enough(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        page = guest.page
        launcher = page.get_by_role("button", name="Chat")
        await launcher.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Your message")).to_be_focused()
        await page.keyboard.type("Hello?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text(re.compile("· Sent"))).to_be_visible()
        await page.keyboard.press("Escape")

        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(page.get_by_role("button", name="Open chat")).to_be_focused()


async def test_the_page_can_open_the_chat_and_forget_its_visitor(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.page.evaluate("CrowdInbox.toggle()")
        await guest.say("Hello?")
        await guest.page.evaluate("CrowdInbox.forget()")

        await expect(guest.page.get_by_role("dialog")).to_be_hidden()
        assert await guest.page.evaluate("localStorage.length") == 0
        await guest.open()
        await expect(guest.page.get_by_role("log")).not_to_contain_text("Hello?")


async def test_a_closed_chat_counts_what_came_in(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.open()
        await guest.say("Hello?")
        await guest.page.keyboard.press("Escape")
        await service.answer("One")
        await service.answer("Two")

        await expect(guest.page.get_by_role("button", name="Open chat, 2 new messages")).to_be_visible()


async def test_a_conversation_survives_a_reload(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service) as guest:
        await guest.open()
        await guest.say("Hello?")
        await service.answer("Hello!")
        await expect(guest.page.get_by_text("Hello!").first).to_be_visible()
        await guest.page.reload()

        await expect(guest.page.get_by_role("log")).to_contain_text("Hello?")
        await expect(guest.page.get_by_role("log")).to_contain_text("Hello!")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_widget_is_accessible_and_looks_well(service: ChatService, browser: Browser, scheme: str) -> None:
    async with visiting(browser, service, color_scheme=scheme, bypass_csp=True) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive? I ordered two, one of them for my mother.")
        await service.answer("In May, both of them. Anything else?", solve=True)
        await expect(guest.page.get_by_role("group", name="How was it?")).to_be_visible()
        await _shoot(guest.page, f"widget-{scheme}")

        assert await _violations(guest.page) == []


async def test_a_telephone_shows_the_form_and_the_chat_on_the_whole_screen(
    service: ChatService, browser: Browser
) -> None:
    phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "bypass_csp": True}
    async with visiting(browser, service, config={"form": "name_email"}, **phone) as guest:
        await guest.open()
        await guest.page.get_by_role("button", name="Start chat").click()
        await expect(guest.page.get_by_label("Your name")).to_be_focused()
        await _shoot(guest.page, "widget-phone-form")
        assert await _violations(guest.page) == []
        await guest.page.get_by_label("Your name").fill("Greta M.")
        await guest.page.get_by_label("Your e-mail address").fill("greta@example.org")
        await guest.page.get_by_role("button", name="Start chat").click()
        await guest.say("Hello?")
        await _shoot(guest.page, "widget-phone")

        assert await guest.page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
    assert (await service.ticket()).contact_name == "Greta M."


PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


async def test_a_visitor_attaches_files_sees_how_far_they_are_and_finds_them_in_what_they_said(
    service: ChatService, browser: Browser
) -> None:
    async with visiting(browser, service) as guest:
        await guest.open()
        assert not [url for url in guest.requests if "files.js" in url]
        async with guest.page.expect_file_chooser() as chooser:
            await guest.page.get_by_role("button", name="Attach files").click()
        await (await chooser.value).set_files(
            [
                FilePayload(name="lamp.png", mimeType="image/png", buffer=PICTURE),
                FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 invoice"),
            ]
        )
        await expect(guest.page.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)
        await guest.page.get_by_role("button", name="Remove invoice.pdf").click()
        await guest.say("It arrived like this.")
        await expect(guest.page.get_by_role("link", name="lamp.png")).to_have_attribute(
            "href", re.compile(r"/chat/.+/files/.+proof=")
        )

    message = (await service.messages(await service.ticket()))[0]
    assert [(file.name, file.mime) for file in message.attachments] == [("lamp.png", "image/png")]


async def test_a_file_is_pasted_or_dropped_and_goes_without_a_word(service: ChatService, browser: Browser) -> None:
    give = """(box, kind) => {
      const data = new DataTransfer();
      data.items.add(new File(["x".repeat(2000)], `${kind}.txt`));
      const event = kind === "drop" ? new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true})
        : new ClipboardEvent(kind, {clipboardData: data, bubbles: true, cancelable: true});
      box.dispatchEvent(event);
    }"""
    async with visiting(browser, service) as guest:
        await guest.open()
        box = guest.page.get_by_label("Your message")
        await guest.page.get_by_role("button", name="Attach files").wait_for()
        for kind in ("paste", "drop"):
            await box.evaluate(give, kind)
            await expect(guest.page.get_by_text(f"{kind}.txt")).to_be_visible()
        await box.press("Enter")
        await expect(guest.page.get_by_text(re.compile("· Sent"))).to_be_visible()

    message = (await service.messages(await service.ticket()))[0]
    assert (message.text, [file.name for file in message.attachments]) == ("", ["paste.txt", "drop.txt"])


async def test_a_file_that_is_too_large_is_refused_in_words_and_holds_up_nothing_else(
    service: ChatService, browser: Browser
) -> None:
    async with visiting(browser, service, config={"file_limit": 1}, bypass_csp=True) as guest:
        await guest.open()
        async with guest.page.expect_file_chooser() as chooser:
            await guest.page.get_by_role("button", name="Attach files").click()
        await (await chooser.value).set_files(
            [
                FilePayload(name="film.mp4", mimeType="video/mp4", buffer=b"x" * 1_000_001),
                FilePayload(name="lamp.png", mimeType="image/png", buffer=PICTURE),
            ]
        )
        await expect(guest.page.get_by_role("alert")).to_have_text("Too large: at most 1 MB.")
        await guest.page.get_by_label("Your message").fill("Look")
        await _shoot(guest.page, "widget-files")
        assert await _violations(guest.page) == []
        await guest.page.get_by_role("button", name="Remove film.mp4").click()
        await guest.page.get_by_label("Your message").press("Enter")
        await expect(guest.page.get_by_role("link", name="lamp.png")).to_be_visible()


async def test_an_inbox_that_takes_no_files_offers_none(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service, config={"files": False}) as guest:
        await guest.open()
        await guest.say("Hello?")

        await expect(guest.page.get_by_role("button", name="Attach files")).to_have_count(0)


async def continuing(service: ChatService) -> dict[str, Any]:
    """Let answers be mailed to visitors who left."""
    settings = {"imap_user": "help", "imap_password": "x", "imap_host": "mail.example", "smtp_host": "mail.example"}
    mail = await service.add_inbox("email", address="help@crowd.example", **settings)
    return {"continue_in": str(mail.id)}


async def addresses(service: ChatService) -> list[str | None]:
    async with service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own Units
        return [
            row["address"] for row in await session.driver.fetch("select address from visitors order by created_at")
        ]


async def test_who_goes_with_an_open_question_is_asked_once_where_the_answer_is_mailed_to(
    service: ChatService, browser: Browser
) -> None:
    async with visiting(browser, service, config=await continuing(service), bypass_csp=True) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_label("Your e-mail address")).to_be_focused()
        await _shoot(guest.page, "widget-leaving")
        assert await _violations(guest.page) == []
        await guest.page.get_by_label("Your e-mail address").fill("mia")
        await guest.page.get_by_role("button", name="Mail me the answer").click()
        await expect(guest.page.get_by_text("This is not an e-mail address.")).to_be_visible()
        await guest.page.get_by_label("Your e-mail address").fill("mia@people.example")
        await guest.page.get_by_role("button", name="Mail me the answer").click()
        await expect(guest.page.get_by_text("The answer comes by mail if you are gone.")).to_be_visible()
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()

    # The service may still be writing it down when the visitor has gone, but must not forget it.
    for _ in range(100):
        if await addresses(service) != [None]:
            break
        await asyncio.sleep(0.05)
    assert await addresses(service) == ["mia@people.example"]


async def test_who_wants_no_mail_says_so_and_is_not_asked_again(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service, config=await continuing(service)) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await guest.page.keyboard.press("Escape")
        await guest.page.get_by_role("button", name="No, thanks").click()
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()
        await guest.page.get_by_role("button", name="Open chat").click()
        await guest.say("Hello?")
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()

    assert await addresses(service) == [None]


async def test_where_no_answer_can_be_mailed_nobody_is_asked_for_an_address(
    service: ChatService, browser: Browser
) -> None:
    await service.be(Availability.OFFLINE)
    async with visiting(browser, service) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await expect(guest.page.get_by_text("Nobody is here right now.").last).to_be_visible()
        await guest.page.keyboard.press("Escape")

        await expect(guest.page.get_by_role("dialog")).to_be_hidden()
        assert not [url for url in guest.requests if "ask.js" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_online_and_the_widget_says_so_in_german(
    service: ChatService, browser: Browser, scheme: str
) -> None:
    await service.be(Availability.OFFLINE)
    config = await continuing(service)
    async with visiting(browser, service, config=config, locale="de-DE", color_scheme=scheme) as guest:
        await guest.page.evaluate("document.documentElement.lang = 'de'")
        await guest.open()
        box = guest.page.get_by_label("Ihre Nachricht")
        await box.fill("Wann kommt meine Lampe?")
        await box.press("Enter")
        await expect(guest.page.get_by_role("button", name="Antwort per Mail")).to_be_visible()
        await _shoot(guest.page, f"widget-away-{scheme}")


async def _shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png")


async def _violations(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "rules => axe.run({runOnly: rules}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].failureSummary))",
        RULES,
    )
    return list(found)
