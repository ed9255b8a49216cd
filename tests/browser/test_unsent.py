"""What a manager wrote is never gone, whatever happens between pressing send and the service's word of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.crowd import colleague, says, team_chat
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser
_SAYING = "**/tickets/*/messages"


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    return team_chat(api, "Lamps")


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def _broken(route: Route) -> None:
    """Break while something is sent; reading goes on."""
    if route.request.method == "POST":
        await route.fulfill(status=500, json={"code": "error", "title": "Internal Server Error"})
    else:
        await route.continue_()


async def _open(desk: Desk, text: str) -> Page:
    await desk.row(text).click()
    await expect(desk.page.get_by_role("log").get_by_text(text)).to_be_visible()
    return desk.page


async def test_an_answer_that_is_tried_again_after_somebody_spoke_stays_until_it_is_sent(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    await says(api, chat, "Where is it?")
    page = await _open(desk, "Where is it?")
    await page.route(_SAYING, _broken)
    await page.get_by_label("Reply to").fill("On its way")
    await desk.key("Enter")
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    ticket = page.url.rpartition("/")[2].partition("?")[0]
    ben = colleague(api, "Ben")
    ben.post(f"/tickets/{ticket}/messages", {"kind": "reply", "text": "Let me look", "last_seen": 1})
    ben.http.close()
    await page.unroute(_SAYING)

    # The screen knows nothing of what was said meanwhile: the words were written before.
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Somebody wrote while you did")).to_be_visible()
    await expect(page.get_by_text("On its way")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".pending")).to_have_count(0)
    sent = [message["text"] for message in api.get(f"/tickets/{ticket}/messages")["items"]]
    assert sorted(sent) == ["Let me look", "On its way", "Where is it?"]


async def test_sending_and_solving_goes_on_to_the_next_ticket_only_when_it_was_sent(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    await says(api, chat, "Which colours?")
    page = await _open(desk, "Which colours?")
    await page.route(_SAYING, _broken)
    await page.get_by_label("Reply to").fill("Red and blue")
    await page.get_by_role("button", name="Send and solve").click()

    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("Which colours?")).to_be_visible()


async def test_an_answer_that_could_not_be_sent_is_told_of_after_its_writer_went_on(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await goes_on.wait()
        await _broken(route)

    await says(api, chat, "Is there a green one?")
    page = await _open(desk, "Is there a green one?")
    await page.route("**/tickets/*/messages", slowly)
    await page.get_by_label("Reply to").fill("There is")
    await desk.key("Enter")
    await asked.wait()
    await desk.key("Escape")
    await expect(page.get_by_role("heading", level=1).last).to_be_focused()
    await desk.key("Escape")
    await expect(desk.row("Is there a green one?")).to_be_focused()
    goes_on.set()

    await expect(page.get_by_text("was not sent. It is still there.")).to_be_visible()
    await _open(desk, "Is there a green one?")
    await expect(page.get_by_text("There is", exact=True)).to_be_visible()


async def test_what_was_cut_off_by_a_reload_is_told_of_in_the_managers_language(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    await says(api, chat, "Is it waterproof?")
    page = await _open(desk, "Is it waterproof?")
    await page.route(_SAYING, _broken)
    await page.get_by_label("Reply to").fill("It is")
    await desk.key("Enter")
    await expect(page.get_by_text("Something went wrong in the service.")).to_be_visible()
    assert api.http.patch("/me", json={"locale": "de"}).is_success
    await page.reload()
    await expect(page.get_by_text("Der Dienst ist nicht erreichbar.")).to_be_visible()

    await page.unroute(_SAYING)
    await page.get_by_role("button", name="Erneut versuchen").click()
    await expect(page.get_by_role("log")).to_be_focused()
    await expect(page.locator(".pending")).to_have_count(0)
    assert api.http.patch("/me", json={"locale": "en"}).is_success


async def test_a_page_that_cannot_be_fetched_says_so_and_can_be_asked_for_again(desk: Desk) -> None:
    page = desk.page
    await page.route("**/assets/Settings*", lambda route: route.abort())
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_text("could not be fetched").first).to_be_visible()
    await page.unroute("**/assets/Settings*")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="My profile")).to_be_visible()
    desk.complaints.clear()  # the browser names what it did not get
