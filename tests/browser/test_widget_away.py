"""Who goes before the answer comes, or comes when nobody is there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from inbox.domain.manager import Availability
from tests.api.chatting import ChatService
from tests.browser.guest import visiting

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("front")]


async def continuing(service: ChatService) -> dict[str, Any]:
    """Let answers be mailed to visitors who left."""
    settings = {"imap_user": "help", "imap_password": "x", "imap_host": "mail.example", "smtp_host": "mail.example"}
    mail = await service.add_inbox("email", address="help@crowd.example", **settings)
    return {"continue_in": str(mail.id)}


async def addresses(service: ChatService) -> list[str | None]:
    async with service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own Units
        return [
            row["address"] for row in await session.driver.fetch("select address from visitors order by created_at")
        ]


async def test_who_goes_with_an_open_question_is_asked_once_where_the_answer_is_mailed_to(
    service: ChatService, browser: Browser
) -> None:
    async with visiting(browser, service, config=await continuing(service), bypass_csp=True) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_label("Your e-mail address")).to_be_focused()
        await guest.photograph("widget-leaving")
        assert await guest.barriers() == []
        await guest.page.get_by_label("Your e-mail address").fill("mia")
        await guest.page.get_by_role("button", name="Mail me the answer").click()
        await expect(guest.page.get_by_text("This is not an e-mail address.")).to_be_visible()
        await guest.page.get_by_label("Your e-mail address").fill("mia@people.example")
        await guest.page.get_by_role("button", name="Mail me the answer").click()
        await expect(guest.page.get_by_text("The answer comes by mail if you are gone.")).to_be_visible()
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()

    # The service may still be writing it down when the visitor has gone, but must not forget it.
    for _ in range(100):
        if await addresses(service) != [None]:
            break
        await asyncio.sleep(0.05)
    assert await addresses(service) == ["mia@people.example"]


async def test_who_wants_no_mail_says_so_and_is_not_asked_again(service: ChatService, browser: Browser) -> None:
    async with visiting(browser, service, config=await continuing(service)) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await guest.page.keyboard.press("Escape")
        await guest.page.get_by_role("button", name="No, thanks").click()
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()
        await guest.page.get_by_role("button", name="Open chat").click()
        await guest.say("Hello?")
        await guest.page.keyboard.press("Escape")
        await expect(guest.page.get_by_role("dialog")).to_be_hidden()

    assert await addresses(service) == [None]


async def test_where_no_answer_can_be_mailed_nobody_is_asked_for_an_address(
    service: ChatService, browser: Browser
) -> None:
    await service.be(Availability.OFFLINE)
    async with visiting(browser, service) as guest:
        await guest.open()
        await guest.say("When does my lamp arrive?")
        await expect(guest.page.get_by_text("Nobody is here right now.").last).to_be_visible()
        await guest.page.keyboard.press("Escape")

        await expect(guest.page.get_by_role("dialog")).to_be_hidden()
        assert not [url for url in guest.requests if "ask.js" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_online_and_the_widget_says_so_in_german(
    service: ChatService, browser: Browser, scheme: str
) -> None:
    await service.be(Availability.OFFLINE)
    config = await continuing(service)
    async with visiting(browser, service, config=config, locale="de-DE", color_scheme=scheme) as guest:
        await guest.page.evaluate("document.documentElement.lang = 'de'")
        await guest.open()
        box = guest.page.get_by_label("Ihre Nachricht")
        await box.fill("Wann kommt meine Lampe?")
        await box.press("Enter")
        await expect(guest.page.get_by_role("button", name="Antwort per Mail")).to_be_visible()
        await guest.photograph(f"widget-away-{scheme}")
