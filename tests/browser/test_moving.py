"""Two tickets become one and one becomes two at the desk, and both can be undone there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser, Locator, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser
JUDGE = "mx.example.org"


def mail(
    n: int, subject: str, text: str, *, answers: int | None = None, sender: str = "Greta <greta@x.example>"
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, "help@example.org", subject, f"<m{n}@x>"
    made["Date"] = f"Mon, 23 Nov 2026 09:{n:02}:00 +0100"
    if answers is not None:
        made["In-Reply-To"] = f"<m{answers}@x>"
    made.set_content(text)
    return made.as_bytes()


@pytest.fixture
async def mails(api: Api) -> AsyncIterator[ScriptedImapServer]:
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        settings = mail_settings(mailbox, sink) | {"authentication_server": JUDGE}
        api.post("/inboxes", {"channel": "email", "name": "Mail", "config": settings})
        yield mailbox


async def opened(desk: Desk, subject: str) -> None:
    await desk.page.goto(desk.url)
    row = desk.rows.filter(has=desk.page.get_by_text(subject, exact=True))
    await desk.page.goto(desk.url + str(await row.get_attribute("href", timeout=20_000)))
    await desk.page.locator("article").first.wait_for()


async def more(desk: Desk, what: str) -> None:
    await desk.page.get_by_role("button", name="More", exact=True).click()
    await desk.page.get_by_role("menuitem", name=what).click()


async def at_rest(desk: Desk, name: str) -> None:
    """Photograph a dialog that has come in; axe takes one that fades in for one without contrast."""
    await desk.page.wait_for_function("document.getAnimations().length === 0")
    await desk.photograph(name)


async def warned_of_another_person(desk: Desk, dialog: Locator) -> None:
    await dialog.get_by_role("searchbox").fill("rocket")
    await dialog.get_by_text("The rocket").click()
    await expect(dialog.get_by_text("another person")).to_be_visible()
    await desk.photograph("merge-others")
    await dialog.get_by_role("searchbox").fill("")


async def test_a_ticket_is_merged_found_under_its_old_number_and_taken_out_again(
    browser: Browser, api: Api, mails: ScriptedImapServer
) -> None:
    mails.append(mail(1, "The lamp", "When will my lamp come?"))
    mails.append(mail(2, "Lamp again", "I asked this morning already."))
    mails.append(mail(3, "The rocket", "Is there a rocket?", sender="Paul <paul@x.example>"))
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, "Lamp again")
        old = desk.page.url
        await more(desk, "Merge into another ticket")
        dialog = desk.page.get_by_role("dialog")
        await warned_of_another_person(desk, dialog)
        await dialog.get_by_text("The lamp").click()
        await dialog.get_by_label("Reason").fill("asked twice")
        await at_rest(desk, "merge")
        assert await desk.barriers() == []
        await dialog.get_by_role("button", name="Merge into #").click()

        await expect(desk.page.locator("article")).to_have_count(2)
        await expect(desk.page.get_by_role("note")).to_contain_text("asked twice")
        await desk.photograph("merged")
        await desk.page.goto(old)
        await expect(desk.page.get_by_text("This ticket was merged; its messages are in #")).to_be_visible()
        await desk.photograph("merged-source")
        assert await desk.barriers() == []
        await desk.page.get_by_role("button", name="Undo the merge").click()
        await expect(desk.page.locator("article")).to_have_count(1)
        await expect(desk.page.locator("article")).to_contain_text("I asked this morning already.")


async def test_a_changed_subject_proposes_a_ticket_of_its_own(
    browser: Browser, api: Api, mails: ScriptedImapServer
) -> None:
    mails.append(mail(4, "The bicycle", "When will my bicycle come?", sender="Ada <ada@x.example>"))
    mails.append(mail(5, "My account", "How do I delete it?", answers=4, sender="Ada <ada@x.example>"))
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, "The bicycle")
        await expect(desk.page.locator("article")).to_have_count(2)
        await desk.photograph("split-proposed")
        await desk.page.get_by_role("button", name="Make it a ticket of its own").click()
        dialog = desk.page.get_by_role("dialog")
        await expect(dialog.get_by_role("checkbox").nth(1)).to_be_checked()
        await expect(dialog.get_by_label("Subject")).to_have_value("My account")
        await at_rest(desk, "split")
        assert await desk.barriers() == []
        await dialog.get_by_role("button", name="Split off 1 message").click()

        await expect(desk.page.get_by_role("heading", name="My account")).to_be_visible()
        await expect(desk.page.locator("article")).to_have_count(1)
        await desk.photograph("split-made")
        await desk.page.get_by_role("note").get_by_role("link").click()
        await expect(desk.page.get_by_role("heading", name="The bicycle")).to_be_visible()
        await desk.photograph("split-left")
        await desk.page.get_by_role("note").get_by_role("button", name="Undo the split").click()
        await expect(desk.page.locator("article")).to_have_count(2)
        await expect(desk.page.get_by_role("note")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_dialogs_fit_a_telephone(browser: Browser, api: Api, mails: ScriptedImapServer, scheme: str) -> None:
    who = f"Kim <kim-{scheme}@x.example>"
    mails.append(mail(6, f"Tent {scheme}", "Where is my tent?", sender=who))
    mails.append(mail(7, f"Tent pegs {scheme}", "And the pegs?", sender=who))
    context = {"color_scheme": scheme, "viewport": {"width": 390, "height": 844}}
    async with a_desk(browser, api.url, **context) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, f"Tent pegs {scheme}")
        await more(desk, "Merge into another ticket")
        dialog = desk.page.get_by_role("dialog")
        await dialog.get_by_text(f"Tent {scheme}").click()
        await desk.photograph(f"merge-390-{scheme}")
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        await dialog.get_by_role("button", name="Merge into #").click()
        await expect(desk.page.locator("article")).to_have_count(2)
        await desk.photograph(f"merged-390-{scheme}")

    assert wide == 390


async def test_a_message_says_why_it_is_where_it_is(browser: Browser, api: Api, mails: ScriptedImapServer) -> None:
    mails.append(mail(20, "The kettle", "Where is my kettle?", sender="Lea <lea@x.example>"))
    mails.append(mail(21, "Kettle again", "And mine?", answers=20, sender="Max <max@x.example>"))
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, "Kettle again")
        await expect(desk.page.get_by_text("its sender takes no part there")).to_be_visible()
        await desk.photograph("why-here")
        assert await desk.barriers() == []


async def test_what_a_manager_passes_on_is_its_writers_beside_the_managers_note(
    browser: Browser, api: Api, mails: ScriptedImapServer
) -> None:
    text = "Please be gentle.\n\n---------- Forwarded message ---------\nFrom: Ida Ibsen <ida@x.example>\n"
    text += "Date: Mon, 23 Nov 2026\nSubject: The ladder\nTo: us\n\nWhen will my ladder come?"
    vouched = f"Authentication-Results: {JUDGE}; dmarc=pass header.from={api.email.partition('@')[2]}\n".encode()
    mails.append(vouched + mail(30, "Fwd: The ladder", text, sender=f"Mara <{api.email}>"))
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, "The ladder")
        await expect(desk.page.locator("article")).to_have_count(2)
        await expect(desk.page.locator("article").first).to_contain_text("Passed on by Mara Lindner.")
        await expect(desk.page.locator("article.note")).to_contain_text("Please be gentle.")
        await desk.photograph("passed-on")
        assert await desk.barriers() == []
