"""An answer by mail can be taken back for some seconds, from wherever its writer went on to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.async_api import Browser, FilePayload, Locator, Route, expect

from inbox.app import links
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.serving import serving
from inbox.testing.smtp import SmtpSink
from tests.browser.pages import Desk, a_desk
from tests.e2e.mails import mail_settings

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("front")]
MARA = {"name": "Mara Lindner", "email": "mara@crowd.example", "password": "correct horse battery", "locale": "en"}
SIGNED = {"signature": "Your lamp team", "signatures": {"de": "Euer Lampenteam"}}
LETTER = FilePayload(name="label.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 label")


@dataclass(slots=True)
class House:
    """The service with an e-mail inbox in which two people wait, and where its mails go."""

    url: str
    sink: SmtpSink
    tickets: dict[str, str]


def mail(subject: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Greta Sommer <greta@example.org>", "help@example.org", subject
    made["Message-ID"], made["Date"] = f"<{hash(subject)}@example.org>", "Sun, 22 Nov 2026 09:00:00 +0100"
    made.set_content("When does it come?\n")
    return made.as_bytes()


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        running = await stack.enter_async_context(serving(dsn, tmp_path, undo_seconds=8))
        here = running.service.services
        link = await links.first_run_link(here.units, site=here.edge.public_url, now=here.clock())
        assert link is not None
        http = httpx.AsyncClient(base_url=f"{running.url}/api/v1", headers={"origin": running.url}, timeout=15)
        await stack.enter_async_context(http)
        await _posted(http, "/setup", {"token": link.rpartition("/")[2], "start": "empty", **MARA})
        await _posted(
            http, "/inboxes", {"channel": "email", "name": "Help", "config": mail_settings(mailbox, sink) | SIGNED}
        )
        for subject in ("The lamp", "The bulb"):
            mailbox.append(mail(subject))
        yield House(running.url, sink, await _tickets(http, 2))


async def _posted(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def _tickets(http: httpx.AsyncClient, count: int) -> dict[str, str]:
    """Wait until so many tickets are there; return their ids by their subjects."""
    while True:
        items = (await http.get("/tickets", params={"view": "all"})).json()["items"]
        if len(items) == count:
            return {item["subject"]: item["id"] for item in items}


def reply(desk: Desk) -> Locator:
    return desk.page.get_by_role("textbox", name="Reply to")


async def test_an_answer_is_taken_back_with_its_file_and_sent_otherwise(browser: Browser, house: House) -> None:
    async with a_desk(browser, house.url) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.go(f"/t/{house.tickets['The lamp']}")
        await desk.page.locator("input[type=file]").set_input_files(LETTER)
        await reply(desk).fill("In Mai.")
        await desk.page.get_by_role("button", name="Send Ctrl").click()
        await expect(desk.page.get_by_text("Leaves in", exact=False).first).to_be_visible()
        await desk.photograph("held-1440")

        await reply(desk).press("Control+z")
        await expect(reply(desk)).to_have_value("In Mai.")
        await expect(desk.page.get_by_text("Taken back before it was sent · You")).to_be_visible()
        await desk.photograph("withdrawn-1440")
        await reply(desk).fill("In May.")
        await reply(desk).press("Control+Enter")
        await expect(desk.page.get_by_text("Leaves in a moment")).to_be_visible()
        (sent,) = await house.sink.wait_for(1, within=20)
        await expect(desk.page.get_by_text("Sent", exact=True)).to_be_visible()

    assert b"In May." in sent.body
    assert b"label.pdf" in sent.body
    assert b"In Mai." not in sent.body


async def test_a_solved_ticket_is_brought_back_by_one_key_from_the_next_one(browser: Browser, house: House) -> None:
    async with a_desk(browser, house.url) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.rows.filter(has_text="The lamp").click()
        await reply(desk).fill("It is there.")
        await reply(desk).press("Control+Shift+Enter")
        await expect(desk.page.get_by_role("heading", name="The bulb")).to_be_visible()
        await expect(desk.page.get_by_text("The answer to Greta Sommer leaves in", exact=False)).to_be_visible()
        await desk.photograph("held-elsewhere-1440")

        await desk.key("z")
        await expect(desk.page.get_by_role("heading", name="The lamp")).to_be_visible()
        await expect(reply(desk)).to_have_value("It is there.")
        await expect(desk.page.locator("strong.state")).to_have_text("Open")

    assert house.sink.mails == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_bar_fits_a_telephone_and_has_no_barriers(browser: Browser, house: House, scheme: str) -> None:
    small: Any = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme, "with_axe": True}
    async with a_desk(browser, house.url, **small) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.page.goto(f"{desk.url}/t/{house.tickets['The lamp']}")
        await reply(desk).fill("It is there.")
        await reply(desk).press("Control+Enter")
        await expect(desk.page.get_by_role("button", name="Take back")).to_be_visible()
        await desk.photograph(f"held-390-{scheme}")
        assert await desk.barriers() == []
        await desk.page.get_by_role("button", name="Take back").click()
        await expect(reply(desk)).to_have_value("It is there.")
        await desk.photograph(f"withdrawn-390-{scheme}")


async def test_an_answer_is_planned_moved_and_sent_now(browser: Browser, house: House) -> None:
    async with a_desk(browser, house.url, with_axe=True) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.go(f"/t/{house.tickets['The lamp']}")
        await reply(desk).fill("It leaves in May.")
        await desk.page.get_by_role("button", name="Send later").click()
        dialog = desk.page.get_by_role("dialog")
        await dialog.get_by_label("Tomorrow, 9:00").check()
        await dialog.get_by_label("Only if nobody answers before").check()
        await desk.photograph("later-1440")
        assert await desk.barriers() == []
        await dialog.get_by_role("button", name="Schedule").click()
        await expect(desk.page.get_by_text("only if nobody answers before")).to_be_visible()
        await expect(desk.page.locator("strong.state")).to_have_text("Snoozed")
        await desk.photograph("scheduled-1440")

        await desk.page.get_by_role("button", name="Change the time").click()
        await dialog.get_by_label("Time", exact=True).fill("2020-01-01T09:00")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_text("This time has passed.")).to_be_visible()
        await dialog.get_by_label("In one hour").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        await desk.page.get_by_role("button", name="Send now").click()
        (sent,) = await house.sink.wait_for(1, within=20)
        await expect(desk.page.locator("strong.state")).to_have_text("Waiting for reply")

    assert b"It leaves in May." in sent.body


async def test_a_planned_answer_is_taken_back_on_a_telephone(browser: Browser, house: House) -> None:
    small: Any = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with a_desk(browser, house.url, **small) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.page.goto(f"{desk.url}/t/{house.tickets['The lamp']}")
        await reply(desk).fill("It leaves in May.")
        await desk.page.get_by_role("button", name="Send later").click()
        await desk.photograph("later-390-dark")
        await desk.page.get_by_role("dialog").get_by_role("button", name="Schedule").click()
        await expect(desk.page.get_by_role("button", name="Take back")).to_be_visible()
        await desk.photograph("scheduled-390-dark")
        await desk.page.get_by_role("button", name="Take back").click()
        await expect(reply(desk)).to_have_value("It leaves in May.")


async def slowly(route: Route) -> None:
    """Answer late: who opens an inbox again before the answer must not see the settings of before."""
    await asyncio.sleep(1)
    await route.continue_()


async def test_a_text_of_ones_own_is_written_for_a_language(browser: Browser, house: House) -> None:
    async with a_desk(browser, house.url, with_axe=True) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.go("/settings/inboxes")
        await desk.page.get_by_role("link", name="Help").first.click()
        await desk.page.get_by_label("Acknowledge new mails").check()
        await desk.page.get_by_label("Acknowledgement: Another language").select_option(label="German")
        german = desk.page.get_by_role("group", name="Acknowledgement").get_by_label("German", exact=True)
        await german.fill("Ihre Mail ist da: [#{number}].")
        await german.scroll_into_view_if_needed()
        await desk.photograph("acknowledgement-settings-1440")
        assert await desk.barriers() == []
        await desk.page.route("**/api/v1/inboxes", slowly)
        await desk.page.get_by_role("button", name="Save").click()
        await desk.page.wait_for_url("**/settings/inboxes")
        await desk.page.get_by_role("link", name="Help").first.click()
        await expect(german).to_have_value("Ihre Mail ist da: [#{number}].")


async def test_the_answers_own_language_picks_its_signature(browser: Browser, house: House) -> None:
    async with a_desk(browser, house.url) as desk:
        await desk.sign_in(MARA["email"], MARA["password"])
        await desk.go(f"/t/{house.tickets['The lamp']}")
        await expect(desk.page.get_by_text("Signature: English")).to_have_attribute("title", "Your lamp team")
        await reply(desk).fill(
            "Guten Tag, die Lampe wird im Mai an Sie verschickt, und wir melden uns dann noch einmal."
        )
        hint = desk.page.get_by_text("Signature: German")
        await expect(hint).to_have_attribute("title", "Euer Lampenteam")
        await desk.photograph("signature-1440")
        await reply(desk).press("Control+Enter")
        (sent,) = await house.sink.wait_for(1, within=20)

    assert b"Euer Lampenteam" in sent.body
