"""Files that a visitor sends by the widget."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, FilePayload, expect

from tests.api.chatting import ChatService
from tests.browser.guest import visiting

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("front")]


PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
LONG = "invoice of the second instalment as you sent it to me in the spring of this year"


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
                FilePayload(name=f"{LONG}.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 invoice"),
            ]
        )
        await expect(guest.page.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)
        remove = guest.page.get_by_role("button", name=f"Remove {LONG}.pdf")
        await expect(remove).to_be_in_viewport(ratio=1)
        await remove.click()
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
        await guest.photograph("widget-files")
        assert await guest.barriers() == []
        await guest.page.get_by_role("button", name="Remove film.mp4").click()
        await guest.page.get_by_label("Your message").press("Enter")
        await expect(guest.page.get_by_role("link", name="lamp.png")).to_be_visible()


async def test_an_inbox_that_takes_no_files_offers_none(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service, config={"files": False}) as guest:
        await guest.open()
        await guest.say("Hello?")

        await expect(guest.page.get_by_role("button", name="Attach files")).to_have_count(0)
