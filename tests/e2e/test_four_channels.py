"""A person can run one command and answer a chat visitor, a comment, an e-mail and a caller from one live queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from inbox.testing.hooks import WebhookSender, call_event, comment_event, reply_sink
from inbox.testing.http import plain_http
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from inbox.testing.visitor import visitor
from tests.dovecot import Dovecot, is_installed, running_dovecot
from tests.e2e.desk import Desk, browser
from tests.e2e.mails import Mailbox, mail, mail_settings
from tests.e2e.program import Program, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SITE = "https://mitmachwerk.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot | None]:
    """A real mail server, where one is installed; it outlives the program that fetches from it."""
    if not is_installed():
        yield None
        return
    with running_dovecot() as dovecot:
        yield dovecot


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot | None) -> Iterator[Program]:
    """The program, installed and started in an empty folder."""
    program = Program(tmp_path_factory.mktemp("program"))
    asyncio.run(program.start())
    yield program
    program.stop()


@pytest.fixture
async def desk(program: Program) -> AsyncIterator[Desk]:
    """The administrator whom the printed link made."""
    async with browser(program.url) as desk:
        if (await desk.ask("GET", "/setup"))["needed"]:
            await desk.sign_up(program.setup_token())
        else:
            await desk.sign_in()
        yield desk


async def test_a_visitor_is_answered(program: Program, desk: Desk) -> None:
    inbox = await desk.add_inbox("chat", sites=[SITE])
    async with (
        desk.live() as screen,
        visitor(program.url.replace("http", "ws", 1), inbox["id"], origin=SITE) as mia,
    ):
        said = await mia.say("Wo ist meine Lampe?")
        event = await screen.sees_text("Wo ist meine Lampe?")
        ticket = event["data"]["ticket"]
        await desk.reply(ticket, "Sie kommt im Mai.", last_seen=ticket["last_seq"])

        assert ticket["id"] == said.ticket
        assert (await mia.hears("Sie kommt im Mai."))["from"]["side"] == "team"


async def test_a_comment_is_answered_where_it_was_written(desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        screen = await stack.enter_async_context(desk.live())
        http = await stack.enter_async_context(plain_http())
        inbox = await desk.add_inbox("comments", platform="mitmachwerk.example")
        secret = inbox["secrets"]["secret"]
        sink = await stack.enter_async_context(reply_sink(secret))
        config = {"platform": "mitmachwerk.example", "secret": None, "reply_origins": [sink.origin]}
        await desk.ask("PATCH", f"/inboxes/{inbox['id']}", {"version": inbox["version"], "config": config})
        sender = WebhookSender(inbox["hook_url"], secret, http)
        answer = await sender.send(comment_event("c-1", "Wann kommt sie?", reply_url=sink.url("c-1")))
        ticket = (await screen.sees_text("Wann kommt sie?"))["data"]["ticket"]
        await desk.reply(ticket, "Im Mai!", last_seen=ticket["last_seq"])
        (reply,) = await sink.wait_for(1)

        assert answer.status == 202
        assert ticket["public"]
        assert "Im Mai!" in str(reply)
        await screen.sees(lambda e: e["data"].get("message", {}).get("delivery") in {"sent", "delivered"})


@asynccontextmanager
async def scripted_mailbox() -> AsyncIterator[tuple[Mailbox, Callable[[bytes], object]]]:
    async with ScriptedImapServer() as server:
        yield server, server.append


@asynccontextmanager
async def real_mailbox(dovecot: Dovecot) -> AsyncIterator[tuple[Mailbox, Callable[[bytes], object]]]:
    yield dovecot, dovecot.deliver


async def test_a_mail_is_answered_in_its_thread(dovecot: Dovecot | None, desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        screen = await stack.enter_async_context(desk.live())
        sink = await stack.enter_async_context(SmtpSink())
        mailbox, deliver = await stack.enter_async_context(real_mailbox(dovecot) if dovecot else scripted_mailbox())
        await desk.add_inbox("email", **mail_settings(mailbox, sink))
        deliver(mail("greta@example.org", "<1@example.org>", "Meine Lampe", "Wo bleibt sie?"))
        ticket = (await screen.sees_text("Wo bleibt sie?"))["data"]["ticket"]
        await desk.reply(ticket, "Sie ist unterwegs.", last_seen=ticket["last_seq"])
        (sent,) = await sink.wait_for(1, within=20)

        read: EmailMessage = message_from_bytes(sent.body, policy=policy.default)
        assert sent.recipients == ("greta@example.org",)
        assert read["In-Reply-To"] == "<1@example.org>"
        assert "Sie ist unterwegs." in read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        await screen.sees(lambda e: e["data"].get("message", {}).get("delivery") == "sent")


async def test_a_missed_caller_is_called_back(desk: Desk) -> None:
    async with plain_http() as http, desk.live() as screen:
        inbox = await desk.add_inbox("telephony", region="DE")
        sender = WebhookSender(inbox["hook_url"], inbox["secrets"]["secret"], http)
        await sender.send(call_event("k-1", "ringing", at=datetime.now(UTC)))
        await sender.send(call_event("k-1", "missed", at=datetime.now(UTC)))
        seen = await screen.sees(lambda e: e["data"].get("message", {}).get("call", {}).get("state") == "missed")
        ticket = seen["data"]["ticket"]
        made = datetime.now(UTC).isoformat()
        call = {"direction": "outbound", "at": made, "duration": 65, "outcome": "reached", "text": "Alles geklärt."}
        await desk.ask("POST", f"/tickets/{ticket['id']}/calls", call)
        after = await screen.sees(lambda e: e["data"].get("message", {}).get("text") == "Alles geklärt.")

        assert ticket["due_at"] is not None
        assert (after["data"]["ticket"]["state"], after["data"]["ticket"]["due_at"]) == ("solved", None)


async def test_a_backup_of_the_running_program_is_the_same_inbox_elsewhere(
    program: Program, desk: Desk, tmp_path: Path
) -> None:
    inbox = await desk.add_inbox("chat", sites=[SITE])
    async with visitor(program.url.replace("http", "ws", 1), inbox["id"], origin=SITE) as mia:
        said = await mia.say("Bleibt das?")
    file = tmp_path / "inbox.zip"
    made = await asyncio.to_thread(run, "backup", str(file), **program.variables)
    assert made.returncode == 0, made.stderr
    (tmp_path / "elsewhere").mkdir()
    other = Program(tmp_path / "elsewhere")
    restored = await asyncio.to_thread(run, "restore", str(file), **other.variables)
    assert restored.returncode == 0, restored.stderr
    await other.start()
    try:
        async with browser(other.url) as there:
            await there.sign_in()
            for path in ("/tickets?view=all", "/inboxes", "/managers", "/contacts"):
                assert _timeless(await there.everything(path), other) == _timeless(await desk.everything(path), program)
            (message,) = await there.everything(f"/tickets/{said.ticket}/messages")
            assert message["text"] == "Bleibt das?"
    finally:
        other.stop()


def _timeless(items: list[dict[str, Any]], program: Program) -> list[str]:
    """What does not depend on where it runs and on who looks at it just now."""
    fleeting = {
        "availability",
        "version",
        "health",
        "health_at",
        "health_note",
        "heard_at",
        "down",
        "failure",
        "failed_at",
    }
    return [
        str({name: value for name, value in item.items() if name not in fleeting}).replace(program.url, "")
        for item in items
    ]
