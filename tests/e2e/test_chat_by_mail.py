"""A chat goes on by mail: its visitor leaves, is answered and replies by mail, and finds it all when they come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from inbox.app import links
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.serving import Serving, serving
from inbox.testing.smtp import SentMail, SmtpSink
from inbox.testing.visitor import visitor
from tests.e2e.desk import Desk, browser
from tests.e2e.mails import mail_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SITE = "https://mitmachwerk.example"
GRETA = {"name": "Greta", "email": "greta@people.example"}


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(dsn, tmp_path) as house:
        yield house


@pytest.fixture
async def desk(house: Serving) -> AsyncIterator[Desk]:
    """The first administrator's browser."""
    here = house.service.services
    link = await links.first_run_link(here.units, site=here.edge.public_url, now=here.clock())
    assert link is not None
    async with browser(house.url) as desk:
        await desk.sign_up(link.rpartition("/")[2])
        yield desk


async def pass_by(dsn: str, time: timedelta) -> None:
    """Let time pass: what is due then is due now."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("update clocks set due_at = due_at - $1::interval where fired_at is null", time)
    await connection.execute("update visitors set seen_at = seen_at - $1::interval", time)
    await connection.close()


def read(sent: SentMail) -> EmailMessage:
    found: EmailMessage = message_from_bytes(sent.body, policy=policy.default)
    return found


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def reply_to(mail: EmailMessage, text: str) -> bytes:
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = (
        "greta@people.example",
        "help@example.org",
        f"Re: {mail['Subject']}",
    )
    answer["Message-ID"], answer["In-Reply-To"] = "<r-1@people.example>", str(mail["Message-ID"])
    answer["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    answer.set_content(text)
    return answer.as_bytes()


async def test_a_chat_goes_on_by_mail_and_stands_in_the_chat_when_the_visitor_comes_back(
    house: Serving, desk: Desk, dsn: str
) -> None:
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        screen = await stack.enter_async_context(desk.live())
        mail = await desk.add_inbox("email", **mail_settings(mailbox, sink))
        chat = await desk.add_inbox("chat", sites=[SITE], form="name_email", continue_in=mail["id"])
        socket = house.url.replace("http", "ws", 1)
        async with visitor(socket, chat["id"], origin=SITE, form=GRETA) as greta:
            await greta.say("Wo ist meine Lampe?")
            session = greta.session
        ticket = (await screen.sees_text("Wo ist meine Lampe?"))["data"]["ticket"]
        await desk.reply(ticket, "Sie kommt im Mai.", last_seen=ticket["last_seq"])
        await pass_by(dsn, timedelta(minutes=3))
        (sent,) = await sink.wait_for(1, within=30)
        mailbox.append(reply_to(read(sent), "Danke! Beide?"))
        back = (await screen.sees_text("Danke! Beide?"))["data"]
        await desk.ask("POST", f"/tickets/{ticket['id']}/messages", {"kind": "note", "text": "geheim", "last_seen": 9})
        async with visitor(socket, chat["id"], origin=SITE, session=session) as greta:
            shown = await greta.until(lambda: _said(greta.messages.values(), "Danke! Beide?"))
            answer = await greta.hears("Sie kommt im Mai.")

    assert sent.recipients == ("greta@people.example",)
    assert text_of(read(sent)).startswith("Sie kommt im Mai.")
    assert (back["ticket"]["id"], back["ticket"]["state"], back["message"]["inbox_id"]) == (
        ticket["id"],
        "open",
        mail["id"],
    )
    assert (shown["from"]["side"], answer["mailed"]) == ("visitor", True)
    assert not [frame for frame in greta.frames if "geheim" in str(frame)]


def _said(messages: Iterable[dict[str, Any]], text: str) -> dict[str, Any] | None:
    return next((message for message in messages if message["text"] == text), None)
