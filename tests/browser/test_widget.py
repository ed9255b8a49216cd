"""The widget in a real browser, on a page of somebody else."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.api.chatting import ChatService
from tests.browser.guest import visiting

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("front")]


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
        await guest.photograph(f"widget-{scheme}")

        assert await guest.barriers() == []


async def test_a_telephone_shows_the_form_and_the_chat_on_the_whole_screen(
    service: ChatService, browser: Browser
) -> None:
    phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "bypass_csp": True}
    async with visiting(browser, service, config={"form": "name_email"}, **phone) as guest:
        await guest.open()
        await guest.page.get_by_role("button", name="Start chat").click()
        await expect(guest.page.get_by_label("Your name")).to_be_focused()
        await guest.photograph("widget-phone-form")
        assert await guest.barriers() == []
        await guest.page.get_by_label("Your name").fill("Greta M.")
        await guest.page.get_by_label("Your e-mail address").fill("greta@example.org")
        await guest.page.get_by_role("button", name="Start chat").click()
        await guest.say("Hello?")
        await guest.photograph("widget-phone")

        assert await guest.page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
    assert (await service.ticket()).contact_name == "Greta M."
