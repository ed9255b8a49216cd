"""The language of a ticket in the desk: found by itself, seen where it matters, corrected by one key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.visitor import visitor
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser

FRENCH = "Bonjour, je ne trouve plus ma facture, pouvez-vous me la renvoyer ?"
WIDTHS = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    """A chat inbox, beside a campaign that is run in French, too."""
    api.post("/campaigns", {"key": "lumi", "name": "Lumi", "languages": ["de", "fr"]})
    return api.post("/inboxes", {"channel": "chat", "name": "Website chat", "config": {"sites": [api.url]}})


@pytest.fixture(params=WIDTHS)
async def desk(browser: Browser, api: Api, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    scheme = "dark" if request.param == "narrow" else "light"
    async with a_desk(browser, api.url, viewport=WIDTHS[request.param], color_scheme=scheme, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def test_a_language_is_found_and_corrected_by_one_key(
    desk: Desk, api: Api, chat: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        await somebody.say(f"{FRENCH} {name}")
    row = desk.row(f"facture, pouvez-vous me la renvoyer ? {name}")

    await expect(row.get_by_text("FR", exact=True)).to_be_visible()
    await desk.photograph(f"language-row-{name}")
    await row.click()
    badge = desk.page.get_by_role("button", name="Language: French")
    await expect(badge).to_be_visible()
    await desk.key("l")
    menu = desk.page.get_by_role("menu", name="Language: French")
    await expect(menu.get_by_role("menuitemradio")).to_have_text(["English", "French", "German", "Language unknown"])
    await expect(menu.get_by_role("menuitemradio", name="French")).to_be_focused()
    assert await desk.barriers() == []
    await desk.photograph(f"language-menu-{name}")
    await desk.key("g")
    await desk.key("Enter")

    await expect(desk.page.get_by_role("button", name="Language: German")).to_be_focused()
    await expect(desk.page.get_by_text("It is kept for the person who wrote last, too.")).to_be_visible()
    assert await desk.barriers() == []
    await desk.photograph(f"language-corrected-{name}")
