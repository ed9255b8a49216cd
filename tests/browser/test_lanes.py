"""Lanes in a real browser: proposed with the reason, confirmed or moved by one key, undone by another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.visitor import visitor
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    return api.post("/inboxes", {"channel": "chat", "name": "Website chat", "config": {"sites": [api.url]}})


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def says(api: Api, chat: dict[str, Any], text: str) -> None:
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        await somebody.say(text)


async def test_praise_lies_in_its_lane_with_its_reason_and_without_a_clock(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    await says(api, chat, "Thank you, wonderful project!")
    await expect(desk.row("wonderful project")).to_have_count(0)
    await desk.page.get_by_role("link", name="To thank").click()
    row = desk.row("wonderful project")
    await expect(row).to_be_visible()
    await expect(row.locator(".time .visually-hidden")).to_have_count(0)

    await row.click()
    await expect(desk.page.get_by_text("Private thanks: “thank you”, “wonderful”, no question")).to_be_visible()
    await expect(desk.page.get_by_role("button", name="Thank", exact=True)).to_have_attribute("aria-pressed", "true")
    assert await desk.barriers() == []
    await desk.photograph("lane-thank")


async def test_keys_move_a_ticket_from_lane_to_lane_and_back(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "Where is the bus stop?")
    row = desk.row("Where is the bus stop?")
    await row.focus()
    await desk.key("3")
    await expect(desk.page.get_by_text("needs nothing and is done")).to_be_visible()
    await desk.key("z")
    await expect(desk.page.get_by_text("is back where it was")).to_be_visible()
    await expect(row.locator(".time .visually-hidden")).to_have_count(1)

    await row.click()
    await expect(desk.page.get_by_text("chosen by a person")).to_be_visible()
    await desk.key("2")
    await desk.page.get_by_role("link", name="To thank").click()
    await expect(desk.row("Where is the bus stop?")).to_be_visible()


async def test_spam_is_done_with_one_key_and_gone_from_every_count(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "More backers for you, dm me")
    await desk.page.get_by_role("link", name="Spam").click()
    await desk.row("More backers").focus()
    await desk.key("4")
    await expect(desk.page.get_by_text("is spam and done")).to_be_visible()
    counters = api.get("/counters")

    assert counters["spam"] == 0


async def test_lanes_fit_a_phone_in_the_dark(browser: Browser, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "Bravo, superb!")
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with a_desk(browser, api.url, with_axe=True, **phone) as desk:
        await desk.sign_in(api.email, api.password)
        await desk.go("/q/thank")
        await desk.row("Bravo").click()
        await desk.page.get_by_text("Private thanks:").wait_for()

        assert await desk.barriers() == []
        await desk.photograph("lane-phone-dark")
