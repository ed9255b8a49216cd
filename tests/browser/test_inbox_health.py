"""An inbox that is down is seen where work is done, and how it is where it is set up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser
MAIL = b"From: Ann <ann@example.net>\r\nSubject: Lamp\r\nMessage-ID: <1@example.net>\r\n\r\nWhen?"
BACK_WITHIN = 30_000  # milliseconds: a pause after some failures


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


@pytest.fixture
async def mailbox() -> AsyncIterator[ScriptedImapServer]:
    """A mail server that is not there yet, and where it will be."""
    server = ScriptedImapServer()
    await server.start()
    await server.stop()
    yield server
    await server.stop()


def inbox_at(api: Api, mailbox: ScriptedImapServer, name: str) -> str:
    settings = mail_settings(mailbox, SmtpSink(port=9))
    return str(api.post("/inboxes", {"channel": "email", "name": name, "config": settings})["id"])


async def test_an_inbox_is_down_until_its_server_is_back(desk: Desk, api: Api, mailbox: ScriptedImapServer) -> None:
    page, inbox = desk.page, inbox_at(api, mailbox, "Help")
    notice = page.get_by_role("status").get_by_text("Help: nothing has come in since")
    await expect(notice).to_be_visible()
    await desk.photograph("inbox-down-queue")
    assert await desk.barriers() == []
    await page.get_by_role("link", name="Look Help").click()
    await expect(page.get_by_text(f"Nothing comes in: {mailbox.host}:{mailbox.port} does not answer")).to_be_visible()
    row = page.get_by_role("link", name="Help")
    await desk.go("/settings/inboxes")
    await expect(row).to_contain_text("Failing")
    await desk.photograph("inbox-down-list")

    await mailbox.start()
    await expect(row).to_contain_text("Working", timeout=BACK_WITHIN)
    mailbox.append(MAIL)
    await expect(row).to_contain_text("Last message", timeout=BACK_WITHIN)
    await desk.photograph("inbox-up-list")
    await desk.go("/")
    await expect(desk.row("Lamp")).to_be_visible()
    await expect(notice).to_be_hidden()
    await desk.go(f"/settings/inboxes/{inbox}")
    await expect(page.get_by_text("Last failure")).to_be_visible()
    assert await desk.barriers() == []
    await desk.photograph("inbox-up-editor")


async def test_the_notice_is_seen_on_a_telephone_and_in_the_dark(
    browser: Browser, api: Api, mailbox: ScriptedImapServer
) -> None:
    inbox_at(api, mailbox, "Hilfe")
    async with a_desk(browser, api.url, viewport={"width": 390, "height": 844}, color_scheme="dark") as phone:
        await phone.sign_in(api.email, api.password)
        await expect(phone.page.get_by_text("Hilfe: nothing has come in since")).to_be_visible()
        await phone.photograph("inbox-down-390-dark")
        await phone.go("/settings/inboxes")
        await expect(phone.page.get_by_role("link", name="Hilfe")).to_contain_text("Failing")
        await phone.photograph("inbox-down-list-390-dark")
