"""The desk in a real browser against the real service: both ways, without jumping, over a broken line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.visitor import visitor
from tests.browser.line import Cut, Line, line_to
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api, Program

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    """A chat inbox whose widget may stand on the service's own demo page."""
    return api.post("/inboxes", {"channel": "chat", "name": "Website chat", "config": {"sites": [api.url]}})


@pytest.fixture
async def line(program: Program) -> AsyncIterator[Line]:
    async with line_to(program.port) as line:
        yield line


@pytest.fixture
async def desk(browser: Browser, line: Line, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, line.url) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def says(api: Api, chat: dict[str, Any], *texts: str) -> None:
    """Let a visitor say something, as the widget would."""
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        for text in texts:
            await somebody.say(text)


async def test_a_visitor_and_a_manager_talk_through_two_pages(
    browser: Browser, desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    async with a_desk(browser, api.url) as guest:
        await guest.page.goto(f"{api.url}/demo/?inbox={chat['id']}")
        await guest.page.get_by_role("button", name="Chat").click()
        box = guest.page.get_by_label("Your message")
        await box.fill("Is my pledge still reserved?")
        await box.press("Enter")

        await desk.row("Is my pledge still reserved?").click()
        await desk.page.get_by_role("textbox", name="Reply to").fill("Yes, it is.")
        await desk.key("Enter")
        await expect(guest.page.get_by_text("Yes, it is.", exact=True)).to_be_visible()

        await box.fill("Thank you!")
        await box.press("Enter")
        await expect(desk.page.get_by_role("log").get_by_text("Thank you!")).to_be_visible()


async def test_the_keyboard_is_enough_to_answer(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "Where is my invoice?")
    await desk.key("/")
    await desk.page.keyboard.type("#")
    await desk.key("Escape")
    await desk.key("Escape")
    await expect(desk.row("Where is my invoice?")).to_be_visible()
    for at in range(await desk.rows.count()):
        await desk.key("j")
        await expect(desk.rows.nth(at)).to_be_focused()
    await expect(desk.row("Where is my invoice?")).to_be_focused()  # the youngest waits least, and stands last
    await desk.key("Enter")
    await expect(desk.page.get_by_role("log").get_by_text("Where is my invoice?")).to_be_visible()
    await desk.key("m")
    await desk.key("n")
    await desk.page.keyboard.type("She has asked before.")
    await desk.key("Control+Enter")
    await expect(desk.page.get_by_role("log").get_by_text("Internal")).to_be_visible()
    await desk.key("Escape")
    await desk.key("r")
    await desk.page.keyboard.type("It is on its way.")
    await desk.key("Enter")
    await expect(desk.page.get_by_role("log").get_by_text("It is on its way.")).to_be_visible()
    await desk.key("Escape")
    await desk.key("e")
    await expect(desk.page.get_by_role("status").get_by_text("is solved")).to_be_visible()


async def test_no_row_moves_under_the_pointer(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "Am I first?")
    await desk.go("/q/queue?sort=newest")
    await desk.row("Am I first?").hover()
    before = await desk.rows.first.get_attribute("data-ticket")
    await says(api, chat, "Do I come later?")
    pill = desk.page.get_by_role("button", name="1 new")
    await expect(pill).to_be_visible()
    assert await desk.rows.first.get_attribute("data-ticket") == before
    await pill.click()
    await expect(desk.rows.first).to_contain_text("Do I come later?")


async def test_a_broken_line_is_said_and_made_good(desk: Desk, line: Line, api: Api, chat: dict[str, Any]) -> None:
    line.break_(Cut.ALL)
    await expect(desk.page.get_by_text("Connection lost.")).to_be_visible()
    await says(api, chat, "Did I write while you were gone?")
    line.mend()
    await expect(desk.row("Did I write while you were gone?")).to_be_visible()
    await expect(desk.page.get_by_text("Back online.")).to_be_visible()
    await expect(desk.page.get_by_text("Connection lost.")).to_be_hidden()


async def test_what_came_meanwhile_is_shown_before_an_answer_goes_out(
    desk: Desk, line: Line, api: Api, chat: dict[str, Any]
) -> None:
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        await somebody.say("Please cancel my pledge")
        await desk.row("Please cancel my pledge").click()
        answer = desk.page.get_by_role("textbox", name="Reply to")
        await answer.fill("I have cancelled it.")
        line.break_(Cut.SOCKETS)
        await somebody.say("No, wait! Keep it.")
        await answer.press("Enter")
        await expect(desk.page.get_by_role("alert").get_by_text("No, wait! Keep it.")).to_be_visible()
        await expect(answer).to_have_value("I have cancelled it.")
        await desk.page.get_by_role("button", name="Send anyway").click()
        await expect(desk.page.get_by_role("log").get_by_text("I have cancelled it.")).to_be_visible()
        assert await somebody.hears("I have cancelled it.")


async def test_a_draft_survives_a_reload(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    await says(api, chat, "Can I change my address?")
    await desk.row("Can I change my address?").click()
    answer = desk.page.get_by_role("textbox", name="Reply to")
    await answer.fill("Yes, of course: in your")
    await asyncio.sleep(0.7)
    await desk.page.reload()
    await expect(answer).to_have_value("Yes, of course: in your")


async def test_a_secret_is_shown_once_and_never_again(desk: Desk) -> None:
    page = desk.page
    await desk.go("/settings/inboxes/new-comments")
    await page.get_by_label("Name of the inbox").fill("The blog")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("shown only now").first).to_be_visible()
    secret = await page.locator("code", has_text="whsec_").first.inner_text()
    await page.get_by_role("link", name="Done").click()
    await page.get_by_role("link", name="The blog").click()
    await expect(page.get_by_label("Name of the inbox")).to_have_value("The blog")
    assert secret not in await page.content()


async def test_an_ended_session_is_taken_up_again_without_losing_a_word(
    desk: Desk, api: Api, chat: dict[str, Any]
) -> None:
    await says(api, chat, "Do you ship to Norway?")
    await desk.row("Do you ship to Norway?").click()
    answer = desk.page.get_by_role("textbox", name="Reply to")
    await answer.fill("We do, from March on")
    await desk.page.context.clear_cookies()
    await answer.press("Enter")
    again = desk.page.get_by_role("dialog", name="Please sign in again")
    await again.get_by_label("Passphrase", exact=True).fill(api.password)
    await again.get_by_role("button", name="Sign in").click()
    await expect(again).to_be_hidden()
    await expect(answer).to_be_visible()
    await expect(desk.page.get_by_text("We do, from March on").first).to_be_visible()


async def test_an_invited_colleague_comes_in_by_the_link(browser: Browser, desk: Desk, api: Api) -> None:
    page = desk.page
    await desk.go("/settings/people")
    await page.get_by_role("button", name="Invite somebody").click()
    await page.get_by_label("Name", exact=True).fill("Jonas Weber")
    await page.get_by_label("E-mail address").fill("jonas@crowd.example")
    await page.get_by_role("button", name="Invite", exact=True).click()
    link = await page.get_by_role("dialog").locator("code").inner_text()
    async with a_desk(browser, api.url) as colleague:
        await colleague.page.goto(link)
        await colleague.page.get_by_label("Name", exact=True).fill("Jonas Weber")
        await colleague.page.get_by_label("New passphrase").fill(api.password)
        await colleague.page.get_by_role("button", name="Join").click()
        await expect(colleague.page.get_by_role("heading", name="Queue")).to_be_visible()
        assert api.password not in colleague.page.url
        await page.get_by_role("button", name="Done").click()
        await expect(page.get_by_role("row", name="Jonas Weber")).to_contain_text("Online")


async def test_a_call_that_was_made_by_hand_becomes_a_ticket(desk: Desk, api: Api) -> None:
    api.post("/inboxes", {"channel": "telephony", "name": "Hotline", "config": {}})
    page = desk.page
    await page.reload()
    await page.get_by_role("heading", name="Queue").wait_for()
    await desk.key("c")
    await page.get_by_label("Phone number").fill("+49 30 901820")
    await page.get_by_label("Outcome").select_option("reached")
    await page.get_by_label("What was said").fill("She gets her invoice today.")
    await page.get_by_role("button", name="Log call").click()
    await expect(page.get_by_role("log").get_by_text("She gets her invoice today.")).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("Outgoing call")).to_be_visible()


async def test_what_was_not_understood_is_shown_and_can_be_tried_again(desk: Desk, api: Api) -> None:
    made = api.post("/inboxes", {"channel": "telephony", "name": "Old exchange", "config": {}})
    hook = f"{made['hook_url']}/{made['secrets']['token']}"
    answer = api.http.post(hook, json={"call_id": "1", "event": "no such event"})
    assert answer.is_success, answer.text
    page = desk.page
    await page.get_by_role("link", name="Quarantine").click()
    await expect(page.get_by_text("Old exchange")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Old exchange")).to_be_visible()


async def test_the_desk_speaks_german_at_once(desk: Desk) -> None:
    await desk.go("/settings/profile")
    async with desk.page.expect_response(lambda response: response.request.method == "PATCH"):
        await desk.page.get_by_role("radio", name="Deutsch").check()
    await expect(desk.page.get_by_role("heading", name="Mein Profil")).to_be_visible()
    await desk.page.reload()
    await expect(desk.page.get_by_role("heading", name="Mein Profil")).to_be_visible()
    await desk.page.get_by_role("radio", name="English").check()
    await expect(desk.page.get_by_role("heading", name="My profile")).to_be_visible()


async def test_an_unknown_caller_gets_a_name(desk: Desk, api: Api) -> None:
    made = api.post("/inboxes", {"channel": "telephony", "name": "Second line", "config": {}})
    event = {"call_id": "c-9", "event": "missed", "direction": "in", "from": "+4930901820", "to": "+4989555000"}
    hook = f"{made['hook_url']}/{made['secrets']['token']}"
    assert api.http.post(hook, json=event | {"at": "2026-11-22T08:00:00Z"}).is_success
    page = desk.page
    await desk.row("+4930901820").first.click()
    await page.get_by_role("button", name="Change the name").click()
    await page.get_by_role("textbox", name="Name").fill("Fatma Yilmaz")
    await desk.key("Enter")
    await expect(desk.row("Fatma Yilmaz").first).to_be_visible()
