"""A mailbox is connected on its provider's own page, and connected again when the consent is over."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.oauth import AuthServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser
MAIL = b"From: Ann <ann@example.net>\r\nSubject: Lamp\r\nMessage-ID: <1@example.net>\r\n\r\nWhen?"
SOON = 30_000  # milliseconds


@dataclass(slots=True)
class Provider:
    """A provider of mailboxes that takes no passwords."""

    auth: AuthServer
    imap: ScriptedImapServer
    smtp: SmtpSink


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with AsyncExitStack() as stack:
        auth = await stack.enter_async_context(AuthServer())
        imap = ScriptedImapServer(capabilities=("IDLE", "AUTH=XOAUTH2"), believes=auth.holds)
        smtp = SmtpSink(methods="XOAUTH2", believes=auth.holds)
        await stack.enter_async_context(imap)
        await stack.enter_async_context(smtp)
        yield Provider(auth, imap, smtp)


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    # The address that links and redirects begin with: another one is another site to a browser.
    async with a_desk(browser, api.url.replace("127.0.0.1", "localhost"), with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


async def fill(page: Page, provider: Provider, name: str) -> None:
    """Fill in the form of a new inbox, as an administrator does."""
    texts = {
        "Name of the inbox": name,
        "Address": provider.auth.user,
        "Client ID": provider.auth.client_id,
        "Client secret": provider.auth.client_secret,
        "Authorization endpoint": provider.auth.authorize_url,
        "Token endpoint": provider.auth.token_url,
        "IMAP server": provider.imap.host,
        "IMAP port": str(provider.imap.port),
        "IMAP user": provider.auth.user,
        "SMTP server": provider.smtp.host,
        "SMTP port": str(provider.smtp.port),
    }
    await page.get_by_label("Sign-in").select_option("oauth2")
    for label, text in texts.items():
        await page.get_by_label(re.compile(f"^{label}(Optional|optional| |$)")).fill(text)
    for label in ("IMAP encryption", "SMTP encryption"):
        await page.get_by_label(label).select_option("none")


async def begun(desk: Desk, provider: Provider, name: str) -> Page:
    """Make an inbox, and go to the provider's page."""
    page = desk.page
    await desk.go("/settings/inboxes/new-email")
    await fill(page, provider, name)
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Connect the mailbox").click()
    await expect(page.get_by_role("heading", name="Fake sign-in")).to_be_visible()
    return page


async def allowed(page: Page) -> None:
    await page.get_by_role("link", name="Allow").click()
    await expect(page.get_by_text("Connected since")).to_be_visible(timeout=SOON)


async def test_the_form_asks_for_what_the_way_in_needs(desk: Desk, provider: Provider) -> None:
    page = desk.page
    await desk.go("/settings/inboxes/new-email")
    await expect(page.get_by_label("IMAP password")).to_be_visible()
    await page.get_by_label("Sign-in").select_option("google")
    await expect(page.get_by_label("IMAP password")).to_be_hidden()
    await expect(page.get_by_label("IMAP server")).to_have_value("imap.gmail.com")
    await expect(page.get_by_text(f"{desk.url}/oauth/callback")).to_be_visible()
    await desk.photograph("consent-form-google")
    assert await desk.barriers() == []
    await page.get_by_label("Sign-in").select_option("password")
    await fill(page, provider, "Incomplete")
    await page.get_by_label("Sign-in").select_option("google")
    await page.get_by_label("Client secret").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("is needed").first).to_be_visible()


async def test_a_mailbox_is_connected_by_its_owner(desk: Desk, api: Api, provider: Provider) -> None:
    page = await begun(desk, provider, "Help")
    await desk.photograph("consent-at-the-provider")
    await desk.go("/settings/inboxes")
    await page.get_by_role("link", name="Help").click()
    await expect(page.get_by_text("Nobody has consented yet").first).to_be_visible()
    await desk.photograph("consent-missing")
    await page.get_by_role("button", name="Connect the mailbox").click()
    await allowed(page)
    assert "code=" not in page.url
    await desk.photograph("consent-given")
    assert await desk.barriers() == []

    provider.imap.append(MAIL)
    await desk.go("/")
    await expect(desk.row("Lamp")).to_be_visible(timeout=SOON)
    said = (await page.content()) + str(api.get("/inboxes"))
    assert "access-" not in said
    assert "refresh-" not in said


async def test_a_consent_that_is_denied_changes_nothing(desk: Desk, provider: Provider) -> None:
    page = await begun(desk, provider, "Denied")
    await page.get_by_role("link", name="Deny").click()
    await expect(page.get_by_text("The consent was not given. Nothing has changed.")).to_be_visible()
    await desk.photograph("consent-denied")
    assert await desk.barriers() == []
    await page.get_by_role("link", name="Back to the inboxes").click()
    await expect(page.get_by_role("link", name="Denied")).to_contain_text("Failing")


async def test_a_consent_that_is_over_is_seen_and_renewed_by_a_person(desk: Desk, provider: Provider) -> None:
    page = await begun(desk, provider, "Renewed")
    await allowed(page)
    provider.auth.revoke()
    provider.imap.drop()
    await expect(page.get_by_text("Nothing comes in: The consent to use this mailbox")).to_be_visible(timeout=SOON)
    await page.reload()
    await expect(page.get_by_text("The consent does not hold any more")).to_be_visible()
    await desk.photograph("consent-refused")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark")
    await desk.photograph("consent-refused-390-dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await desk.go("/")
    notice = page.get_by_text("Renewed: nothing has come in since")
    await expect(notice).to_be_visible()

    await page.get_by_role("link", name="Look Renewed").click()
    await page.get_by_role("button", name="Connect again").click()
    await allowed(page)
    provider.imap.append(MAIL.replace(b"Lamp", b"Again").replace(b"<1@", b"<2@"))
    await desk.go("/")
    await expect(desk.row("Again")).to_be_visible(timeout=SOON)
    await expect(notice).to_be_hidden()
