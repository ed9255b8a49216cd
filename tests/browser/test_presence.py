"""Being there, in a real browser: warned, away, and back."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser

_ALMOST = (5 * 60 - 20) * 1000  # milliseconds without input, after which one is warned


async def test_who_does_nothing_is_warned_then_away_and_back_with_the_next_key(browser: Browser, api: Api) -> None:
    async with a_desk(browser, api.url) as desk:
        page = desk.page
        await page.clock.install()
        await desk.sign_in(api.email, api.password)
        warning = page.get_by_role("alert").get_by_text("Are you still there?")

        await page.clock.fast_forward(_ALMOST + 1000)
        await expect(warning).to_be_visible()
        assert (await page.title()).startswith("Still there?")
        await page.get_by_role("button", name="I am here").click()
        await expect(warning).to_be_hidden()
        await page.clock.fast_forward(30_000)
        await expect(page.get_by_role("button", name="Mara Lindner")).to_contain_text("Online")

        await page.clock.fast_forward(_ALMOST)
        await expect(warning).to_be_visible()
        await page.clock.fast_forward(21_000)
        await expect(page.get_by_role("button", name="Mara Lindner")).to_contain_text("Away")
        assert api.get("/me")["availability"] == "away"
        await expect(page.get_by_role("button", name="Be Online")).to_be_visible()

        await desk.key("Shift")
        await expect(page.get_by_role("button", name="Mara Lindner")).to_contain_text("Online")
        assert api.get("/me")["availability"] == "online"


async def test_who_chose_to_be_busy_is_left_in_peace(browser: Browser, api: Api) -> None:
    async with a_desk(browser, api.url) as desk:
        page = desk.page
        await page.clock.install()
        await desk.sign_in(api.email, api.password)
        await page.get_by_role("button", name="Mara Lindner").click()
        await page.get_by_role("menuitemradio", name="Busy").click()
        await page.clock.fast_forward(2 * _ALMOST)
        await page.clock.run_for(2_000)
        await expect(page.get_by_text("Are you still there?")).to_be_hidden()
        await expect(page.get_by_role("button", name="Mara Lindner")).to_contain_text("Busy")
