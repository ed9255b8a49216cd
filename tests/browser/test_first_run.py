"""From the command to the first answer in a minute, and then every screen: measured by axe, and photographed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import Desk, a_desk
from tests.browser.program import Program

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

EMAIL = "mara@crowd.example"
PASSWORD = "correct horse battery"
_A_MINUTE = 60.0  # seconds from the command to the first answer


async def test_the_newcomers_own_message_is_answered_within_a_minute(browser: Browser, program: Program) -> None:
    async with a_desk(browser, program.url) as desk:
        page = desk.page
        await page.goto(program.first_link)
        await desk.photograph("first-run")
        await page.get_by_label("Name", exact=True).fill("Mara Lindner")
        await page.get_by_label("E-mail address").fill(EMAIL)
        await page.get_by_label("Passphrase", exact=True).fill(PASSWORD)
        await page.get_by_role("radio", name="Demo data").check()
        await page.get_by_role("button", name="Create account and start").click()

        site = page.frame_locator("iframe")
        await site.get_by_role("button", name="Chat").click(timeout=30_000)
        await site.get_by_label("Your message").fill("Hello, is anyone there?")
        await site.get_by_label("Your message").press("Enter")
        steps = page.get_by_role("list", name="First steps").get_by_role("listitem")
        await expect(steps.nth(1)).to_contain_text("(Done)")
        await expect(page.get_by_role("log").get_by_text("Hello, is anyone there?")).to_be_visible()
        await page.get_by_role("textbox", name="Reply to").fill("Yes, I am.")
        await page.get_by_role("textbox", name="Reply to").press("Enter")
        await expect(site.get_by_text("Yes, I am.", exact=True)).to_be_visible()
        assert time.monotonic() - program.started < _A_MINUTE
        await expect(steps.nth(3)).to_contain_text("(Done)")
        await desk.photograph("first-answer")


async def _open_of(desk: Desk, channel: str) -> None:
    await desk.go(f"/q/all?channel={channel}")
    await desk.rows.first.click()
    await desk.page.get_by_role("log").locator("article").first.wait_for()


async def _pressing(desk: Desk, path: str, key: str) -> None:
    await desk.go(path)
    await desk.page.keyboard.press(key)
    await desk.page.locator("dialog[open], [popover]:popover-open").first.wait_for()


async def _in_first(desk: Desk, key: str) -> None:
    await _open_of(desk, "email")
    await desk.page.keyboard.press(key)
    await desk.page.locator("dialog[open]").wait_for()


def _to(path: str) -> Callable[[Desk], Awaitable[None]]:
    return lambda desk: desk.go(path)


SCREENS: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "queue": _to("/q/queue"),
    "chat": lambda desk: _open_of(desk, "chat"),
    "mail": lambda desk: _open_of(desk, "email"),
    "comments": lambda desk: _open_of(desk, "comments"),
    "call": lambda desk: _open_of(desk, "telephony"),
    "new-ticket": lambda desk: _pressing(desk, "/q/queue", "c"),
    "why": lambda desk: _in_first(desk, "w"),
    "assign": lambda desk: _in_first(desk, "a"),
    "board": _to("/board"),
    "help": lambda desk: _pressing(desk, "/q/queue", "?"),
    "profile": _to("/settings/profile"),
    "people": _to("/settings/people"),
    "inboxes": _to("/settings/inboxes"),
    "inbox-email": _to("/settings/inboxes/new-email"),
    "inbox-chat": _to("/settings/inboxes/new-chat"),
    "campaigns": _to("/settings/campaigns"),
    "clients": _to("/settings/clients"),
    "teams": _to("/settings/teams"),
    "keys": _to("/settings/keys"),
    "quarantine": _to("/settings/quarantine"),
    "first-steps": _to("/welcome"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
async def test_no_screen_has_a_barrier(
    browser: Browser, program: Program, theme: Literal["light", "dark"], width: int, height: int
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
    found: dict[str, list[str]] = {}
    async with a_desk(browser, program.url, with_axe=True, **look) as desk:
        await desk.page.goto(program.url)
        await desk.page.get_by_role("heading", name="Sign in").wait_for()
        found["sign-in"] = await desk.barriers()
        await desk.sign_in(EMAIL, PASSWORD)
        for name, show in SCREENS.items():
            await show(desk)
            await desk.page.wait_for_timeout(300)
            found[name] = await desk.barriers()
            await desk.photograph(f"{name}-{theme}-{width}")
            wide = await desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found[name] += [f"{wide} px wider than the screen"] if wide > 0 else []
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
