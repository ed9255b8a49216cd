"""An answer goes to those who stand above it, and the screen says so before and after."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Post:
    """A mailbox, and the server that sends for it."""

    mailbox: ScriptedImapServer
    sink: SmtpSink
    inbox: str

    def arrive(self, subject: str, *, cc: str | None = "Paul Weiß <paul@example.net>") -> None:
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = "Greta Lang <greta@example.org>", "help@example.org", subject
        if cc:
            made["Cc"] = cc
        made["Message-ID"] = f"<{abs(hash(subject))}@example.org>"
        made.set_content("When does it ship? Paul, who chipped in, would like to know as well.")
        self.mailbox.append(made.as_bytes())

    def answer(self, octets: bytes, sender: str, text: str) -> bytes:
        """Answer a mail of ours; return its Message-ID."""
        ours, made = message_from_bytes(octets), EmailMessage()
        made["From"], made["To"], made["Subject"] = sender, "help@example.org", f"Re: {ours['Subject']}"
        made["Message-ID"], made["In-Reply-To"] = f"<{abs(hash(sender))}@studio.example>", ours["Message-ID"]
        made.set_content(text)
        self.mailbox.append(made.as_bytes())
        return str(ours["Message-ID"]).encode()


@pytest.fixture
async def post(api: Api) -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        wanted = {"channel": "email", "name": f"Mail {sink.port}", "config": mail_settings(mailbox, sink)}
        yield Post(mailbox, sink, api.post("/inboxes", wanted)["id"])


async def opened(desk: Desk, subject: str) -> None:
    await desk.page.goto(desk.url)
    row = desk.rows.filter(has=desk.page.get_by_text(subject, exact=True))
    await desk.page.goto(desk.url + str(await row.get_attribute("href", timeout=20_000)))
    await desk.page.get_by_role("textbox", name="Reply to Greta Lang").wait_for()


async def test_an_answer_goes_to_all_and_a_blind_copy_is_known_to_nobody_else(
    browser: Browser, api: Api, post: Post
) -> None:
    post.arrive("Lamp for two")
    async with a_desk(browser, api.url, with_axe=True) as desk:
        page = desk.page
        await desk.sign_in(api.email, api.password)
        await opened(desk, "Lamp for two")
        head = page.get_by_title("Change who gets this")
        await expect(head).to_contain_text("To Greta Lang · Cc Paul Weiß")
        await head.click()
        await page.get_by_label("Bcc", exact=True).fill("chef@example.com")
        await page.get_by_label("Bcc", exact=True).press("Enter")
        await expect(page.get_by_text("Nobody has written from chef@example.com yet")).to_be_visible()
        assert await desk.barriers() == []
        await desk.photograph("recipients-open")
        await page.get_by_role("textbox", name="Reply to Greta Lang").fill("In May, both of you.")
        await page.keyboard.press("Control+Enter")

        (mail,) = await post.sink.wait_for(1, within=30)
        people = page.get_by_label("Who got this").last
        await expect(people).to_contain_text("To Greta Lang · Cc Paul Weiß · Bcc chef@example.com")
        await desk.photograph("recipients-sent")
    assert mail.recipients == ("greta@example.org", "paul@example.net", "chef@example.com")
    assert b"chef@" not in mail.body
    assert re.search(rb"(?m)^Cc: .*<paul@example\.net>\r$", mail.body)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_whom_an_answer_did_not_reach_is_named_and_gets_it_alone(
    browser: Browser, api: Api, post: Post, scheme: str
) -> None:
    subject = f"Half a lamp {scheme}"
    post.arrive(subject)
    post.sink.answers["RCPT paul@example.net"] = "550 5.7.1 not wanted here"
    async with a_desk(browser, api.url, color_scheme=scheme, with_axe=True) as desk:
        page = desk.page
        await desk.sign_in(api.email, api.password)
        await opened(desk, subject)
        await page.get_by_role("textbox", name="Reply to Greta Lang").fill("In May, both of you.")
        await page.keyboard.press("Control+Enter")
        await post.sink.wait_for(1, within=30)
        trouble = page.get_by_role("list", name="Whom it did not reach")
        await expect(trouble).to_contain_text("paul@example.net: did not get this – 550 5.7.1 not wanted here")
        await expect(page.get_by_text("Did not reach everybody")).to_be_visible()
        assert await desk.barriers() == []
        await desk.photograph(f"recipients-partly-{scheme}")
        del post.sink.answers["RCPT paul@example.net"]
        await page.get_by_role("button", name="Try again for this one").click()
        mails = await post.sink.wait_for(2, within=30)
        await expect(trouble).to_be_hidden()

    assert [mail.recipients for mail in mails] == [("greta@example.org",), ("paul@example.net",)]
    assert mails[0].body == mails[1].body


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_whom_mails_do_not_reach_is_said_before_anything_is_sent(
    browser: Browser, api: Api, post: Post, scheme: str
) -> None:
    subject, reason = f"Lost lamp {scheme}", "550 5.1.1 no such user"
    post.arrive(subject, cc=None)
    api.post("/suppressions", {"address": "Greta@example.org", "reason": reason})
    async with a_desk(browser, api.url, color_scheme=scheme, with_axe=True) as desk:
        page = desk.page
        await desk.sign_in(api.email, api.password)
        await opened(desk, subject)
        await expect(page.get_by_text(f"Mails to greta@example.org come back: {reason}")).to_be_visible()
        assert await desk.barriers() == []
        await desk.photograph(f"recipients-gone-{scheme}")
        await desk.go("/settings/suppressions")
        await expect(page.get_by_text("greta@example.org")).to_be_visible()
        assert await desk.barriers() == []
        await desk.photograph(f"suppressions-{scheme}")
        await opened(desk, subject)
        await page.get_by_role("button", name="Write to it all the same").click()
        await expect(page.get_by_text("Mails to greta@example.org come back")).to_be_hidden()
        await desk.go("/settings/suppressions")
        await expect(page.get_by_text("Every address can be written to")).to_be_visible()


async def pass_on(desk: Desk, to: str, *, name: str) -> None:
    """Forward the first message of the open ticket."""
    dialog = desk.page.get_by_role("dialog")
    await desk.page.get_by_role("button", name="Forward", exact=True).click()
    await dialog.get_by_label("To", exact=True).fill(to)
    await dialog.get_by_label("Your words above it").fill("Do you know?")
    await dialog.get_by_label("Your words above it").blur()
    assert await desk.barriers() == []
    await desk.photograph(f"forward-{name}")
    await dialog.get_by_role("button", name="Forward", exact=True).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_forwarded_is_answered_aside_and_the_contact_reads_nothing_of_it(
    browser: Browser, api: Api, post: Post, scheme: str
) -> None:
    subject, studio = f"Whose lamp {scheme}", f"studio@{scheme}.example"
    post.arrive(subject, cc=None)
    async with a_desk(browser, api.url, color_scheme=scheme, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, subject)
        await pass_on(desk, studio, name=scheme)
        (passed_on,) = await post.sink.wait_for(1, within=30)
        own_id = post.answer(passed_on.body, f"Studio <{studio}>", "Not before June, but do not tell her.")
        await expect(desk.page.get_by_text("Aside", exact=True)).to_be_visible(timeout=20_000)
        assert await desk.barriers() == []
        await desk.photograph(f"forward-answered-{scheme}")
        await expect(desk.page.get_by_title("Change who gets this")).to_contain_text("To Greta Lang ·")
        await desk.page.get_by_role("textbox", name="Reply to Greta Lang").fill("We are asking.")
        await desk.page.keyboard.press("Control+Enter")
        _, told = await post.sink.wait_for(2, within=30)
        await desk.page.get_by_role("button", name="Answer aside").click()
        await expect(desk.page.get_by_role("dialog").get_by_title(studio)).to_be_visible()

    assert (passed_on.recipients, told.recipients) == ((studio,), ("greta@example.org",))
    assert all(words in passed_on.body for words in (b"Do you know?", b"When does it ship?"))
    assert not any(words in told.body.lower() for words in (b"june", b"studio", own_id.lower()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_only_the_contact_is_a_press_away_on_a_small_screen(
    browser: Browser, api: Api, post: Post, scheme: str
) -> None:
    subject = f"Small lamp {scheme}"
    post.arrive(subject)
    async with a_desk(browser, api.url, color_scheme=scheme, viewport={"width": 390, "height": 844}) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, subject)
        await desk.page.get_by_title("Change who gets this").click()
        await desk.photograph(f"recipients-small-{scheme}")
        assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await desk.page.get_by_role("button", name="Only Greta Lang").click()
        await expect(desk.page.get_by_role("button", name="Answer all 2")).to_be_visible()
        await desk.page.get_by_role("textbox", name="Reply to Greta Lang").fill("Only you.")
        await desk.page.get_by_role("button", name="Send", exact=True).click()

        (mail,) = await post.sink.wait_for(1, within=30)
    assert mail.recipients == ("greta@example.org",)


async def test_who_was_chosen_is_still_chosen_after_a_reload(browser: Browser, api: Api, post: Post) -> None:
    post.arrive("Kept lamp")
    async with a_desk(browser, api.url) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, "Kept lamp")
        head = desk.page.get_by_title("Change who gets this")
        await desk.page.get_by_role("button", name="Only Greta Lang").click()
        await head.click()
        await desk.page.get_by_label("Bcc", exact=True).fill("chef@example.com")
        await desk.page.get_by_label("Bcc", exact=True).press("Enter")
        await desk.page.reload()
        await expect(head).to_contain_text("To Greta Lang · Bcc chef@example.com · Subject")


async def test_a_mail_of_ours_may_begin_with_people_who_read_along(browser: Browser, api: Api, post: Post) -> None:
    async with a_desk(browser, api.url) as desk:
        page = desk.page
        await desk.sign_in(api.email, api.password)
        await page.get_by_role("button", name="New ticket").first.click()
        await page.get_by_label("From", exact=True).select_option(post.inbox)
        await page.get_by_label("To", exact=True).fill("nora@example.org")
        await page.get_by_text("Cc and Bcc").click()
        await page.get_by_label("Cc", exact=True).fill('"Lee, Ann" <ann@example.org>; bob@example.org')
        await page.get_by_label("Subject", exact=True).fill("Your reward")
        await page.get_by_role("dialog").get_by_label("Message", exact=True).fill("It is ready.")
        await desk.photograph("recipients-new")
        await page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()

        (mail,) = await post.sink.wait_for(1, within=30)
    assert mail.recipients == ("nora@example.org", "ann@example.org", "bob@example.org")
