"""Pages in a browser: the desk signed in, watched for complaints; any page measured by axe, photographed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SETTLED = """async () => void await Promise.allSettled(document.getAnimations()
  .filter((animation) => animation.effect.getTiming().iterations !== Infinity)
  .map((animation) => animation.finished))"""
_RUN_AXE = """async (rules) => (await axe.run(document, {runOnly: rules, iframes: false})).violations
  .map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)"""


@dataclass(slots=True)
class Desk:
    """One screen, and what it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form."""
        await self.page.goto(self.url)
        await self.page.get_by_label("E-mail address").fill(email)
        await self.page.get_by_label("Passphrase", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("heading", name="Queue").wait_for()

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)
        await self.page.locator("h1").first.wait_for()

    @property
    def rows(self) -> Locator:
        return self.page.locator("a[data-ticket]")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    async def key(self, name: str) -> None:
        await self.page.keyboard.press(name)

    async def barriers(self) -> list[str]:
        """Return what axe finds wrong on this screen."""
        return await barriers(self.page)

    async def photograph(self, name: str) -> None:
        await photograph(self.page, name)


async def barriers(page: Page) -> list[str]:
    """Return what axe, which must be on the page, finds wrong with it once nothing is fading in any more."""
    await page.evaluate(_SETTLED)
    return list(await page.evaluate(_RUN_AXE, _RULES))


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page for people to judge."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png")


@asynccontextmanager
async def a_desk(browser: Browser, url: str, **context: Any) -> AsyncIterator[Desk]:
    """Open a browser of somebody's own; an error of a script or of the content policy fails the test."""
    # axe itself is put in from outside, which the page's own policy rightly refuses; it is checked without axe as well.
    with_axe = context.pop("with_axe", False)
    settings = {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, "bypass_csp": with_axe}
    tab = await browser.new_context(**(settings | context))
    if with_axe:
        await tab.add_init_script(path=AXE)
    page = await tab.new_page()
    desk = Desk(page, url)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("console", lambda said: desk.complaints.append(said.text) if "Content Security" in said.text else None)
    yield desk
    await tab.close()
    assert desk.complaints == [], desk.complaints
