"""Routing as people meet it: offers between two browsers, the reason on a ticket, the load board."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.crowd import be, colleague, says, team_chat
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def jonas(api: Api) -> Iterator[Api]:
    jonas = colleague(api, "Jonas Weber")
    yield jonas
    jonas.http.close()


@pytest.fixture(scope="module")
def everybody(api: Api, jonas: Api) -> list[str]:
    return [api.get("/me")["id"], jonas.get("/me")["id"]]


@pytest.fixture(autouse=True)
def nothing_left(api: Api) -> Iterator[None]:
    """Solve what a test leaves open: else the next one is given it."""
    yield
    for ticket in api.get("/tickets?view=queue")["items"]:
        while not _is_solved(api, ticket["id"]):
            continue


def _is_solved(api: Api, ticket_id: str) -> bool:
    """Solve a ticket; False if it was given to somebody at that very moment."""
    wish = {"version": api.get(f"/tickets/{ticket_id}")["version"], "state": "solved"}
    answer = api.http.patch(f"/tickets/{ticket_id}", json=wish)
    assert answer.is_success or answer.json()["code"] == "stale_version", answer.text
    return bool(answer.is_success)


@asynccontextmanager
async def _at(browser: Browser, who: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, who.url) as desk:
        await desk.sign_in(who.email, who.password)
        yield desk


@pytest.fixture
async def mara_desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with _at(browser, api) as desk:
        yield desk
    be(api, "offline")


@pytest.fixture
async def jonas_desk(browser: Browser, jonas: Api) -> AsyncIterator[Desk]:
    async with _at(browser, jonas) as desk:
        yield desk
    be(jonas, "offline")


def _card(desk: Desk) -> Locator:
    return desk.page.get_by_role("region", name="Offer")


async def _offered(*desks: Desk, text: str) -> tuple[Desk, Desk]:
    """Return who is offered this, and who is not."""
    for _ in range(100):
        for desk in desks:
            if await _card(desk).get_by_text(text).count():
                return desk, next(other for other in desks if other is not desk)
        await asyncio.sleep(0.1)
    raise AssertionError(f"nobody is offered: {text}")


async def test_what_one_declines_is_offered_to_the_other_who_takes_it(
    mara_desk: Desk, jonas_desk: Desk, api: Api, everybody: list[str]
) -> None:
    chat = team_chat(api, "Refunds", mode="offer", offer_for=60, members=everybody)
    await says(api, chat, "Where is my refund?")
    first, second = await _offered(mara_desk, jonas_desk, text="Where is my refund?")
    await expect(_card(first)).to_contain_text("1 of 3 chats")
    assert (await first.page.title()).startswith("Offer:")

    await first.page.keyboard.press("d")
    await expect(_card(first)).to_be_hidden()
    await expect(_card(second)).to_be_visible()
    await second.page.keyboard.press("y")
    await expect(second.page.get_by_role("log").get_by_text("Where is my refund?")).to_be_visible()
    await expect(_card(second)).to_be_hidden()

    await second.page.keyboard.press("w")
    way = second.page.get_by_role("dialog").get_by_role("listitem")
    await expect(way.filter(has_text="declined")).to_have_count(1)
    await expect(way.filter(has_text="You accepted")).to_have_count(1)


async def test_an_offer_neither_takes_the_focus_nor_the_keys_of_who_writes(
    mara_desk: Desk, api: Api, everybody: list[str]
) -> None:
    chat = team_chat(api, "Shipping", mode="offer", offer_for=60, members=everybody)
    await mara_desk.page.get_by_role("searchbox").focus()
    await mara_desk.page.keyboard.type("ma")
    await says(api, chat, "Did you send it?")
    await expect(_card(mara_desk)).to_be_visible()
    await expect(mara_desk.page.get_by_role("alert").filter(has_text="Offer: Live chat")).to_have_count(1)
    await mara_desk.page.keyboard.type("yd")
    await expect(mara_desk.page.get_by_role("searchbox")).to_have_value("mayd")
    await expect(_card(mara_desk)).to_be_visible()
    await _card(mara_desk).get_by_role("button", name="Decline").click()
    await expect(_card(mara_desk)).to_be_hidden()


async def test_an_offer_that_nobody_answers_goes_on(
    mara_desk: Desk, jonas_desk: Desk, api: Api, everybody: list[str]
) -> None:
    chat = team_chat(api, "Taxes", mode="offer", offer_for=5, members=everybody)
    await says(api, chat, "Do I pay taxes?")
    first, second = await _offered(mara_desk, jonas_desk, text="Do I pay taxes?")
    await expect(_card(second)).to_be_visible(timeout=15_000)
    await expect(_card(first)).to_be_hidden()
    await expect(first.page.get_by_role("status").get_by_text("has passed")).to_be_visible()
    await second.page.keyboard.press("Enter")
    await expect(second.page.get_by_role("log").get_by_text("Do I pay taxes?")).to_be_visible()


async def test_who_needs_more_time_gets_it_once(mara_desk: Desk, api: Api, everybody: list[str]) -> None:
    chat = team_chat(api, "Law", mode="offer", offer_for=15, members=everybody)
    await says(api, chat, "Is this legal?")
    card = _card(mara_desk)
    await card.get_by_role("button", name="More time").click()
    await expect(card.get_by_role("button", name="More time")).to_be_hidden()
    await mara_desk.page.wait_for_timeout(1_500)
    ticket = next(each for each in api.get("/tickets?view=offered")["items"] if each["last_line"] == "Is this legal?")
    assert api.http.post(f"/tickets/{ticket['id']}/extend").status_code == 409
    await mara_desk.page.keyboard.press("y")
    await expect(mara_desk.page.get_by_role("log").get_by_text("Is this legal?")).to_be_visible()


async def test_a_ticket_says_why_one_has_it_and_why_it_waits(mara_desk: Desk, api: Api, everybody: list[str]) -> None:
    page = mara_desk.page
    given = team_chat(api, "Help", members=everybody)
    await says(api, given, "My first question")
    await mara_desk.row("My first question").click()
    await expect(page.get_by_text("1 of 3 chats").or_(page.get_by_text("2 of 3 chats")).first).to_be_visible()

    lawyers = team_chat(api, "Lawyers", members=[])
    await says(api, lawyers, "Who knows the law?")
    await mara_desk.row("Who knows the law?").click()
    await expect(page.get_by_text("Still waiting:")).to_contain_text("other team")
    await page.get_by_role("button", name="Why?").click()
    await expect(page.get_by_role("heading", name="Why it is still waiting")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_contain_text("Nobody has had it yet.")


async def test_the_list_of_people_says_what_keeps_them_from_a_ticket(
    mara_desk: Desk, api: Api, everybody: list[str]
) -> None:
    page = mara_desk.page
    chat = team_chat(api, "Experts", members=[])
    await says(api, chat, "An expert, please")
    await mara_desk.row("An expert, please").click()
    await page.get_by_role("log").get_by_text("An expert, please").wait_for()
    await page.keyboard.press("a")
    picker = page.get_by_role("dialog", name="Assign ticket")
    await expect(picker.get_by_role("button", name="Mara Lindner")).to_contain_text("In another team")
    await expect(picker.get_by_role("button", name="Jonas Weber")).to_contain_text("Offline")
    await page.keyboard.type("jonas")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Assigned to")).to_contain_text("Jonas Weber")


async def test_a_lead_moves_work_on_the_board_by_drag_and_by_key(
    mara_desk: Desk, jonas_desk: Desk, api: Api, everybody: list[str]
) -> None:
    page = mara_desk.page
    chat = team_chat(api, "Board", members=[], mode="pull")
    await says(api, chat, "Move me")
    await page.keyboard.press("b")
    await expect(page.get_by_role("heading", name="Load board")).to_be_focused()
    queue, people = page.get_by_role("region", name="What waits"), page.get_by_role("region", name="Who is on what")
    piece = queue.locator("[data-piece]").last
    number = (await piece.get_attribute("title") or "").split(" ")[0]
    moved = page.locator(f"[data-piece][title^='{number} ']")

    person = people.get_by_role("listitem")
    await moved.drag_to(person.filter(has_text="Jonas Weber"))
    await expect(person.filter(has_text="Jonas Weber").locator(f"[title^='{number} ']")).to_be_visible()
    await expect(page.get_by_role("status").get_by_text(f"{number} is now with Jonas Weber")).to_have_count(1)

    await moved.focus()
    await page.keyboard.press("a")
    await page.keyboard.type("mara")
    await page.keyboard.press("Enter")
    await expect(person.filter(has_text="Mara Lindner").locator(f"[title^='{number} ']")).to_be_visible()

    await moved.drag_to(queue)
    await expect(queue.locator(f"[title^='{number} ']")).to_be_visible()


async def test_ones_own_load_stands_beside_ones_name(mara_desk: Desk, api: Api, everybody: list[str]) -> None:
    load = mara_desk.page.get_by_role("link", name="My load")
    before = await load.get_attribute("aria-label")
    await says(api, team_chat(api, "Loads", members=[], mode="pull"), "Count me")
    ticket = api.get("/tickets?view=unassigned")["items"][0]
    assert api.http.post(f"/tickets/{ticket['id']}/claim").is_success
    await expect(load).not_to_have_attribute("aria-label", before or "")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
async def test_an_offer_has_no_barrier(
    browser: Browser, api: Api, everybody: list[str], theme: Literal["light", "dark"], width: int, height: int
) -> None:
    chat = team_chat(api, f"Barriers {theme} {width}", mode="offer", offer_for=60, members=everybody)
    look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
    async with a_desk(browser, api.url, with_axe=True, **look) as desk:
        await desk.sign_in(api.email, api.password)
        await says(api, chat, "Can I still change the address to which you send my reward?")
        await expect(_card(desk)).to_be_visible()
        await desk.page.wait_for_timeout(300)
        await desk.photograph(f"offer-{theme}-{width}")
        assert await desk.barriers() == []
        assert await desk.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await desk.key("d")
    be(api, "offline")


async def test_the_team_of_a_ticket_and_the_roles_of_a_contact_are_changed_by_hand(
    mara_desk: Desk, api: Api, everybody: list[str]
) -> None:
    page = mara_desk.page
    chat = team_chat(api, "By hand", members=[], mode="pull")
    await says(api, chat, "Change me")
    await mara_desk.row("Change me").click()
    panel = page.get_by_role("complementary", name="Details of the ticket")
    await panel.get_by_label("Team").select_option("–")
    await panel.get_by_label("Roles").fill("press")
    await panel.get_by_label("Roles").press("Enter")
    await expect(panel.get_by_role("button", name="Remove Press")).to_be_visible()
    await page.reload()
    await expect(panel.get_by_role("button", name="Remove Press")).to_be_visible()
    ticket = next(each for each in api.get("/tickets?view=queue")["items"] if each["last_line"] == "Change me")
    assert ticket["team_id"] is None
