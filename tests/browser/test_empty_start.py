"""Beginning empty: the first chat is one click away, and answered on the same page."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import a_desk
from tests.browser.program import Program

pytestmark = pytest.mark.browser


async def test_an_empty_beginning_can_try_the_chat(browser: Browser, program: Program) -> None:
    async with a_desk(browser, program.url, locale="de-DE") as desk:
        page = desk.page
        await page.goto(program.first_link)
        await page.get_by_label("Name", exact=True).fill("Mara Lindner")
        await page.get_by_label("E-Mail-Adresse").fill("mara@crowd.example")
        await page.get_by_label("Passphrase", exact=True).fill("correct horse battery")
        await page.get_by_role("radio", name="Leerer Eingang").check()
        await page.get_by_role("button", name="Konto anlegen und loslegen").click()
        await page.get_by_role("button", name="Chat ausprobieren").click()

        site = page.frame_locator("iframe")
        await site.get_by_role("button", name="Chat").click()
        await site.get_by_label("Ihre Nachricht").fill("Sieht das gut aus?")
        await site.get_by_label("Ihre Nachricht").press("Enter")
        await expect(page.get_by_role("log").get_by_text("Sieht das gut aus?")).to_be_visible()
        await page.get_by_role("textbox", name="Antwort an").fill("Sehr.")
        await page.get_by_role("textbox", name="Antwort an").press("Enter")
        await expect(site.get_by_text("Sehr.", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Zum Arbeitsplatz").click()
        await expect(page.get_by_role("navigation", name="Ansichten")).to_be_visible()
