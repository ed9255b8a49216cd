"""Answers of another mail program stand in their ticket, and a mail that uses the id of another one says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser

QUESTION = (
    b"From: Ann <ann@example.net>\r\nTo: help@example.org\r\nSubject: Lamp\r\nMessage-ID: <l1@example.net>\r\n\r\nWhen?"
)
CHANGED = QUESTION.replace(b"When?", b"Please pay to another account.").replace(b"\r\n\r\n", b"\r\nX: y\r\n\r\n")
ANSWER = (
    b"From: Jonas at Mitmachwerk <help@example.org>\r\nTo: Ann <ann@example.net>\r\nSubject: Re: Lamp\r\n"
    b"Message-ID: <l2@laptop.local>\r\nIn-Reply-To: <l1@example.net>\r\n\r\nIn May, as it looks."
)


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def test_an_answer_of_another_program_and_a_reused_id_are_seen(desk: Desk, api: Api) -> None:
    page, now = desk.page, datetime.now(UTC)
    async with ScriptedImapServer() as mailbox:
        mailbox.append(QUESTION, at=now - timedelta(hours=2))
        mailbox.append(CHANGED, at=now - timedelta(hours=1))
        mailbox.append(ANSWER, at=now - timedelta(minutes=5), folder="Sent")
        settings = mail_settings(mailbox, SmtpSink(port=9)) | {"sent_folder": "Sent", "more_folders": ""}
        inbox = api.post("/inboxes", {"channel": "email", "name": "Folders", "config": settings})["id"]
        await desk.go("/?view=all")
        await desk.row("In May, as it looks.").first.click()
        await expect(page.get_by_text("Jonas at Mitmachwerk")).to_be_visible()
        await desk.photograph("mail-answered-elsewhere")
        await desk.go("/?view=all")
        await desk.row("Please pay").first.click()
        await expect(page.get_by_text("Message-ID used twice")).to_be_visible()
        assert await desk.barriers() == []
        await desk.photograph("mail-reused-id")
        await desk.go(f"/settings/inboxes/{inbox}")
        await expect(page.get_by_label("Folder of sent mails")).to_have_value("Sent")
        await page.get_by_label("Further folders").scroll_into_view_if_needed()
        await desk.photograph("mail-folders-settings")
