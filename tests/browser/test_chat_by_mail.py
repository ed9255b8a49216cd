"""A chat that goes on by mail, and files both ways, on the screens of both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.async_api import Browser, FilePayload, expect

from inbox.app import links
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.serving import Serving, serving
from inbox.testing.smtp import SmtpSink
from inbox.testing.visitor import visitor
from tests.browser.pages import Desk, a_desk
from tests.e2e.mails import mail_settings
from tests.e2e.test_chat_by_mail import GRETA, pass_by, reply_to

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("front")]
MARA = {"name": "Mara Lindner", "email": "mara@crowd.example", "password": "correct horse battery", "locale": "de"}
PICTURE = FilePayload(name="lamp.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
LETTER = FilePayload(name="label.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 label")


@dataclass(slots=True)
class House:
    """The service with an administrator, by REST."""

    running: Serving
    http: httpx.AsyncClient

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.http.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def add_inbox(self, channel: str, name: str, **config: object) -> dict[str, Any]:
        return await self.post("/inboxes", {"channel": channel, "name": name, "config": config})


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with serving(dsn, tmp_path) as running:
        here = running.service.services
        link = await links.first_run_link(here.units, site=here.edge.public_url, now=here.clock())
        assert link is not None
        async with httpx.AsyncClient(base_url=running.url, headers={"origin": running.url}, timeout=15) as http:
            house = House(running, http)
            await house.post("/setup", {"token": link.rpartition("/")[2], "start": "empty", **MARA})
            yield house


async def sign_in(desk: Desk) -> None:
    await desk.page.goto(desk.url)
    await desk.page.get_by_label("E-Mail-Adresse").fill(MARA["email"])
    await desk.page.get_by_label("Passphrase", exact=True).fill(MARA["password"])
    await desk.page.get_by_role("button", name="Anmelden").click()
    await desk.page.get_by_role("heading", name="Warteschlange").wait_for()


async def choose_who_continues(desk: Desk, chat: dict[str, Any], scheme: str) -> None:
    """Let the e-mail inbox write to whoever has left the chat."""
    await desk.go(f"/settings/inboxes/{chat['id']}")
    await desk.page.get_by_label("Per E-Mail weiterführen").select_option(label="Hilfe per Mail")
    await desk.photograph(f"chat-continue-settings-{scheme}")
    await desk.page.get_by_role("button", name="Speichern").click()
    await desk.page.wait_for_url("**/settings/inboxes")


async def answer(desk: Desk, question: str, text: str) -> None:
    await desk.row(question).click()
    await desk.page.get_by_role("textbox", name="Antwort an").fill(text)
    await desk.key("Enter")
    await expect(desk.page.get_by_role("log").get_by_text("Gesendet", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_inbox_is_chosen_to_continue_and_the_thread_tells_what_was_mailed(
    house: House, browser: Browser, dsn: str, scheme: Any
) -> None:
    look = {"locale": "de-DE", "color_scheme": scheme, "with_axe": True}
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        await house.add_inbox("email", "Hilfe per Mail", **mail_settings(mailbox, sink))
        chat = await house.add_inbox("chat", "Chat", sites=[house.running.url], form="name_email")
        desk = await stack.enter_async_context(a_desk(browser, house.running.url, **look))
        await sign_in(desk)
        await choose_who_continues(desk, chat, scheme)
        socket = house.running.url.replace("http", "ws")
        async with visitor(socket, chat["id"], origin=house.running.url, locale="de", form=GRETA) as greta:
            await greta.say("Wo ist meine Lampe?")
        await desk.go("/")
        await answer(desk, "Wo ist meine Lampe?", "Sie kommt im Mai.")
        await pass_by(dsn, timedelta(minutes=3))
        (sent,) = await sink.wait_for(1, within=30)
        await expect(desk.page.get_by_text("Auch per Mail an greta@people.example")).to_be_visible()
        mailbox.append(reply_to(message_from_bytes(sent.body, policy=policy.default), "Danke! Beide?"))
        await expect(desk.page.get_by_text("per Mail: Hilfe per Mail")).to_be_visible(timeout=20_000)
        await expect(desk.page.get_by_role("log").get_by_text("Danke! Beide?")).to_be_visible()
        await desk.photograph(f"chat-by-mail-{scheme}")

        assert await desk.barriers() == []


async def test_files_go_from_the_widget_to_the_desk_and_back(house: House, browser: Browser) -> None:
    chat = await house.add_inbox("chat", "Chat", sites=[house.running.url])
    async with (
        a_desk(browser, house.running.url, locale="de-DE") as desk,
        a_desk(browser, house.running.url, locale="de-DE") as guest,
    ):
        await sign_in(desk)
        await guest.page.goto(f"{house.running.url}/demo/?inbox={chat['id']}")
        await guest.page.get_by_role("button", name="Chat").click()
        async with guest.page.expect_file_chooser() as chooser:
            await guest.page.get_by_role("button", name="Dateien anhängen").click()
        await (await chooser.value).set_files(PICTURE)
        await guest.page.get_by_label("Ihre Nachricht").fill("So kam sie an.")
        await guest.page.get_by_label("Ihre Nachricht").press("Enter")

        await desk.row("So kam sie an.").click()
        log = desk.page.get_by_role("log")
        await expect(log.get_by_text("lamp.png").first).to_be_visible()
        await expect(guest.page.get_by_text("Gelesen")).to_be_visible()
        async with desk.page.expect_response("**/uploads*"):
            await desk.page.locator('input[type="file"]').set_input_files(LETTER)
        await expect(desk.page.get_by_text("label.pdf")).to_be_visible()
        await desk.page.get_by_role("textbox", name="Antwort an").fill("Hier ist das Etikett.")
        await desk.key("Enter")
        async with guest.page.expect_popup() as opened, guest.page.expect_download() as download:
            await guest.page.get_by_role("link", name="label.pdf").click()
        await opened.value
        await expect(log.get_by_text("Gesehen")).to_be_visible()

        assert Path(await (await download.value).path()).read_bytes() == b"%PDF-1.7 label"
