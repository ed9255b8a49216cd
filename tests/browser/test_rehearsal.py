"""The dry run in a real browser: what changed rules would have done, before they are saved."""

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


async def test_changed_rules_are_rehearsed_before_they_are_saved(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    page = desk.page
    for question in ("When will it be sent?", "Where is my invoice?", "Can I change my address?"):
        async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
            await somebody.say(question)
    await desk.go("/settings/routing")
    await page.get_by_role("button", name="Rehearse").click()
    await expect(page.get_by_text("0 of 3 arrivals would be decided differently.")).to_be_visible()
    await expect(page.get_by_role("region", name="Dry run").get_by_role("cell")).to_have_count(3)

    await page.get_by_role("spinbutton", name="Weight, Live chat").fill("100")
    await desk.key("Tab")
    await expect(page.get_by_text("the rules were changed since")).to_be_visible()
    await page.get_by_role("button", name="Rehearse").click()
    await expect(page.get_by_text("3 of 3 arrivals would be decided differently.")).to_be_visible()
    await page.get_by_text("What is assumed").click()
    await expect(page.get_by_text("assumed, for there are too few answers to measure")).to_be_visible()
    assert await desk.barriers() == []
    await page.get_by_role("heading", name="Dry run").scroll_into_view_if_needed()
    await desk.photograph("rehearsal")
    assert api.get("/routing")["version"] == 0, "a rehearsal changes nothing"


async def test_the_dry_run_fits_a_phone_in_german_and_in_the_dark(browser: Browser, api: Api) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with a_desk(browser, api.url, with_axe=True, **phone) as desk:
        await desk.sign_in(api.email, api.password)
        api.http.patch("/me", json={"locale": "de"})
        await desk.go("/settings/routing")
        await desk.page.get_by_role("button", name="Proben").click()
        await desk.page.get_by_text("würde anders entschieden").wait_for()
        await desk.page.get_by_role("heading", name="Probelauf").scroll_into_view_if_needed()
        await desk.photograph("rehearsal-phone-dark-de")
        found = await desk.barriers()
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        api.http.patch("/me", json={"locale": "en"})

        assert found == []
        assert wide <= 390
