"""German words are long and screens are small: everything stays in its place and in reach."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, FloatRect, Locator, expect

from tests.browser.crowd import colleague, says, team_chat
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def german(api: Api) -> Api:
    ben = colleague(api, "Ben")
    ben.http.close()
    assert api.http.patch("/me", json={"locale": "de"}).is_success
    return api


async def _box(place: Locator) -> FloatRect:
    box = await place.bounding_box()
    assert box is not None
    return box


async def _sign_in(desk: Desk, who: Api) -> None:
    await desk.page.request.post(
        f"{desk.url}/api/v1/session",
        data={"email": who.email, "password": who.password},
        headers={"origin": desk.url},
    )
    await desk.page.goto(desk.url)
    await desk.page.get_by_role("heading", name="Warteschlange").wait_for()


@pytest.mark.parametrize("width", [390, 1024, 1440])
async def test_what_sends_a_german_answer_stands_in_one_line(browser: Browser, german: Api, width: int) -> None:
    chat = team_chat(german, f"Lampen {width}")
    await says(german, chat, f"Wann kommt Nummer {width}?")
    size: Any = {"viewport": {"width": width, "height": 844}, "locale": "de-DE"}
    async with a_desk(browser, german.url, **size) as desk:
        page = desk.page
        await _sign_in(desk, german)
        await desk.row(f"Nummer {width}").click()
        clip, send = page.get_by_role("button", name="Dateien anhängen"), page.get_by_role("button", name="Senden")
        await expect(send.last).to_be_visible()
        clipped, sent = await _box(clip), await _box(send.last)
        assert abs(clipped["y"] - sent["y"]) < 4


async def test_every_person_can_be_changed_on_a_screen_of_1024_pixels(browser: Browser, german: Api) -> None:
    small: Any = {"viewport": {"width": 1024, "height": 768}}
    async with a_desk(browser, german.url, **small) as desk:
        await _sign_in(desk, german)
        await desk.go("/settings/people")
        for button in await desk.page.get_by_role("button", name="Ändern").all():
            box = await _box(button)
            assert box["x"] + box["width"] < 1024
        assert await desk.page.locator("table").evaluate(
            "(table) => table.scrollWidth <= table.parentElement.clientWidth"
        )


async def test_the_tab_says_what_is_on_the_screen(browser: Browser, german: Api) -> None:
    async with a_desk(browser, german.url) as desk:
        await _sign_in(desk, german)
        await expect(desk.page).to_have_title(re.compile(r"Warteschlange – Crowd Inbox$"))
        await desk.go("/settings/people")
        await expect(desk.page).to_have_title(re.compile(r"Personen – Crowd Inbox$"))


async def test_what_takes_a_step_back_can_be_read(browser: Browser, german: Api) -> None:
    await says(german, team_chat(german, "Rückwege"), "Nummer null?")
    async with a_desk(browser, german.url, with_axe=True) as desk:
        await _sign_in(desk, german)
        await desk.row("Nummer null?").click()
        await expect(desk.page.get_by_role("log")).to_be_visible()
        await desk.key("2")
        await expect(desk.page.get_by_role("button", name="Rückgängig")).to_be_visible()
        assert await desk.barriers() == []
        toast, send = desk.page.locator(".toast"), desk.page.get_by_role("button", name="Senden").last
        assert (await _box(toast))["x"] + (await _box(toast))["width"] < (await _box(send))["x"]


async def test_back_from_a_ticket_the_list_of_a_telephone_stands_where_it_was_left(
    browser: Browser, german: Api
) -> None:
    chat = team_chat(german, "Lange Liste")
    for number in range(12):
        await says(german, chat, f"Frage {number}?")
    small: Any = {"viewport": {"width": 390, "height": 600}}
    async with a_desk(browser, german.url, **small) as desk:
        await _sign_in(desk, german)
        place = desk.page.locator(".queue .scroller")
        await expect(desk.rows.nth(4)).to_be_visible()
        await place.evaluate("(list) => list.scrollTo(0, 400)")
        await desk.page.wait_for_timeout(400)  # a hand is not faster than the list is drawn
        await desk.page.mouse.click(195, 400)
        await expect(desk.page.get_by_role("log")).to_be_visible()
        await desk.page.get_by_role("button", name="Zurück").first.click()
        await expect(desk.page.locator("a[data-ticket]:focus")).to_be_visible()
        await desk.page.wait_for_timeout(300)
        assert await place.evaluate("(list) => list.scrollTop") == 400


async def test_the_sign_in_begins_in_its_first_field(browser: Browser, german: Api) -> None:
    async with a_desk(browser, german.url) as desk:
        await desk.page.goto(desk.url)
        await expect(desk.page.get_by_label("E-mail address")).to_be_focused()
