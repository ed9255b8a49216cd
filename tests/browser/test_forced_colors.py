"""Whoever lets the system choose few and strong colours still sees what is on, who is there and where to press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator

from inbox.testing.visitor import visitor
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser
_EDGES = "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.borderTopStyle === 'solid' }"
_DOT = "e => { const s = getComputedStyle(e); return s.backgroundColor !== getComputedStyle(document.body).color }"


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    """A chat inbox whose widget may stand on the service's own demo page."""
    return api.post("/inboxes", {"channel": "chat", "name": "Website chat", "config": {"sites": [api.url]}})


@pytest.fixture(params=["light", "dark"])
async def desk(browser: Browser, api: Api, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    context = {"forced_colors": "active", "color_scheme": request.param}
    async with a_desk(browser, api.url, **context) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def has_edges(part: Locator) -> bool:
    return bool(await part.first.evaluate(_EDGES))


async def test_what_is_on_can_be_told_from_what_is_off(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as mia:
        said = await mia.say("Where is my lamp?")
    await desk.go(f"/t/{said.ticket}")
    composer = desk.page.get_by_role("group", name="What you write")
    reply, note = (composer.get_by_role("button", name=name) for name in ("Reply", "Note"))
    scheme = await desk.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    await desk.photograph(f"forced-ticket-{scheme}")

    assert await has_edges(reply)
    assert not await has_edges(note)
    assert await has_edges(desk.page.locator("nav [aria-current]"))
    assert not await desk.page.locator(".avatar .online").first.evaluate(_DOT)


async def test_the_widget_keeps_its_shape(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await desk.page.goto(f"{api.url}/demo/?inbox={chat['id']}")
    launcher = desk.page.get_by_role("button", name="Chat")
    assert await has_edges(launcher)
    await launcher.click()
    await desk.page.get_by_label("Your message").wait_for()

    assert await has_edges(desk.page.locator(".greeting"))
    assert await has_edges(desk.page.get_by_role("button", name="Send"))


@pytest.mark.parametrize("path", ["profile", "people", "inboxes"])
async def test_icons_have_the_colour_of_their_words(desk: Desk, path: str) -> None:
    await desk.go(f"/settings/{path}")
    differing = await desk.page.evaluate(
        "[...document.querySelectorAll('a svg, button svg')].filter("
        "e => getComputedStyle(e).color !== getComputedStyle(e.parentElement).color).length"
    )

    assert differing == 0
