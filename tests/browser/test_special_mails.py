"""What else comes by mail is shown for what it is: invitations, sealed and packed mails, receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api
from tests.browser.test_mail import SHAPES
from tests.e2e.mails import mail_settings

pytestmark = pytest.mark.browser

INVITATION = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
SUMMARY:Handing over the second batch of lamps
DTSTART;TZID=America/New_York:20261124T090000
DTEND;TZID=America/New_York:20261124T103000
RRULE:FREQ=WEEKLY;COUNT=3
LOCATION:Workshop\\, Leipzig
ORGANIZER;CN=Greta Lamps:mailto:lamps@example.org
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:help@example.org
ATTENDEE;CN=Paul;PARTSTAT=ACCEPTED:mailto:paul@example.org
ATTENDEE;CN=Aylin;PARTSTAT=DECLINED:mailto:aylin@example.org
END:VEVENT
END:VCALENDAR
"""


def letter(subject: str, text: str = "Hello") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Leipzig Lamps <lamps@example.org>", "help@example.org", subject
    made["Message-ID"] = f"<{abs(hash(subject))}@example.org>"
    made.set_content(text)
    return made


def invitation(subject: str) -> bytes:
    made = letter(subject, "You are invited.")
    made.add_alternative(INVITATION, subtype="calendar", params={"method": "REQUEST"})
    return made.as_bytes()


def sealed(kind: str, subject: str, *, second: str) -> bytes:
    """Return a mail in the form of a signed or encrypted one; nothing here checks or opens it."""
    first = "text/plain" if kind == "signed" else second
    parts = (f"--b\r\nContent-Type: {mime}\r\n\r\nHello\r\n" for mime in (first, second))
    fields = {
        "From": "Leipzig Lamps <lamps@example.org>",
        "To": "help@example.org",
        "Subject": subject,
        "Message-ID": f"<{abs(hash(subject))}@x>",
        "Content-Type": f'multipart/{kind}; protocol="{second}"; boundary=b',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{''.join(parts)}--b--\r\n".encode()


def receipt(ours: str) -> bytes:
    report = "Final-Recipient: rfc822; lamps@example.org\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    parts = ("text/plain", "It was read."), ("message/disposition-notification", report)
    fields = {
        "From": "Leipzig Lamps <lamps@example.org>",
        "To": "help@example.org",
        "Subject": "Read: Signed: lamps",
        "Message-ID": "<receipt@x>",
        "In-Reply-To": ours,
        "Content-Type": "multipart/report; report-type=disposition-notification; boundary=b",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    said = "".join(f"--b\r\nContent-Type: {mime}\r\n\r\n{text}\r\n" for mime, text in parts)
    return f"{head}\r\n{said}--b--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of the mailbox."""

    mailbox: ScriptedImapServer
    sink: SmtpSink
    lamps: str  # what the subjects of its mails end with: earlier tests left mails of the same kinds


@pytest.fixture
async def arrived(api: Api) -> AsyncIterator[Servers]:
    """Let one mail of each kind arrive."""
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        lamps = f"lamps {mailbox.port}"
        mailbox.append(invitation(f"Invitation: {lamps}"))
        mailbox.append(sealed("signed", f"Signed: {lamps}", second="application/pgp-signature"))
        mailbox.append(sealed("encrypted", f"Encrypted: {lamps}", second="application/pgp-encrypted"))
        api.post("/inboxes", {"channel": "email", "name": "Mail", "config": mail_settings(mailbox, sink)})
        yield Servers(mailbox, sink, lamps)


async def opened(desk: Desk, subject: str) -> Locator:
    """Open the ticket of a mail and return what shows it."""
    await desk.page.goto(desk.url + "/q/all?sort=newest")  # a list draws only what is in sight
    row = desk.rows.filter(has=desk.page.get_by_text(subject, exact=True))
    await desk.page.goto(desk.url + str(await row.get_attribute("href", timeout=20_000)))
    article = desk.page.get_by_role("article").first
    await expect(article).to_be_visible()
    return article


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_an_invitation_is_a_card_in_the_readers_time(
    browser: Browser, api: Api, arrived: Servers, scheme: str, shape: str
) -> None:
    context = {"color_scheme": scheme, "viewport": SHAPES[shape], "timezone_id": "Europe/Berlin", "locale": "en-GB"}
    async with a_desk(browser, api.url, **context) as desk:
        await desk.sign_in(api.email, api.password)
        article = await opened(desk, f"Invitation: {arrived.lamps}")
        card = article.get_by_role("region", name="Invitation")
        await expect(card).to_contain_text("Handing over the second batch of lamps")
        await expect(card).to_contain_text("Tue, 24 November 2026")
        await expect(card).to_contain_text("15:00–16:30")
        await expect(card).to_contain_text("Not answered by us")
        await card.get_by_text("3 people invited").click()
        await expect(card.get_by_text("Paul")).to_be_visible()
        await desk.photograph(f"invitation-{scheme}-{shape}")

        assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_sealed_mail_says_what_it_is_and_is_kept_whole(browser: Browser, api: Api, arrived: Servers) -> None:
    async with a_desk(browser, api.url) as desk:
        await desk.sign_in(api.email, api.password)
        signed = await opened(desk, f"Signed: {arrived.lamps}")
        await expect(signed.get_by_text("Signed (PGP)")).to_be_visible()
        await expect(signed.get_by_text("Hello")).to_be_visible()
        await desk.photograph("signed")
        encrypted = await opened(desk, f"Encrypted: {arrived.lamps}")
        await expect(encrypted.get_by_text("Encrypted (PGP)")).to_be_visible()
        await expect(encrypted.get_by_text("only who has its key can read it")).to_be_visible()
        await expect(encrypted.get_by_role("link", name="file-1")).to_be_visible()
        await desk.photograph("encrypted")
        async with desk.page.expect_download() as download:
            await encrypted.get_by_role("link", name="Download the original").click()
        octets = Path(await (await download.value).path()).read_bytes()

    assert octets == sealed("encrypted", f"Encrypted: {arrived.lamps}", second="application/pgp-encrypted")


async def test_a_read_receipt_stands_at_what_was_read(browser: Browser, api: Api, arrived: Servers) -> None:
    async with a_desk(browser, api.url) as desk:
        await desk.sign_in(api.email, api.password)
        await opened(desk, f"Signed: {arrived.lamps}")
        ticket = desk.page.url.partition("?")[0].rpartition("/")[2]
        api.post(f"/tickets/{ticket}/messages", {"kind": "reply", "text": "They leave on Tuesday.", "last_seen": 1})
        (sent,) = await arrived.sink.wait_for(1, within=30)
        arrived.mailbox.append(receipt(str(message_from_bytes(sent.body)["Message-ID"])))
        await expect(desk.page.get_by_text("Opened by lamps@example.org")).to_be_visible(timeout=20_000)
        await expect(desk.page.get_by_text("Read receipt from Leipzig Lamps")).to_be_visible()
        await desk.photograph("receipt")
