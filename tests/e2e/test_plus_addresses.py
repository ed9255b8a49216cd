"""Answers go to a marked address only once a marked mail of ours has been seen to arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from inbox.app import links
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.serving import serving
from inbox.testing.smtp import SmtpSink
from tests.api.chatting import eventually
from tests.e2e.mails import mail, mail_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]
MARA = {"name": "Mara", "email": "mara@crowd.example", "password": "correct horse battery", "locale": "en"}


@dataclass(slots=True)
class House:
    """The service, its mailbox, and where its mails go."""

    http: httpx.AsyncClient
    mailbox: ScriptedImapServer
    sink: SmtpSink

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def add_inbox(self, **more: object) -> None:
        config = mail_settings(self.mailbox, self.sink) | {"plus_addresses": True} | more
        await self.ask("POST", "/inboxes", {"channel": "email", "name": "Help", "config": config})

    async def answered(self, number: int) -> EmailMessage:
        """Let somebody write, and return our answer."""
        before = len(self.sink.mails)
        self.mailbox.append(mail("Greta <greta@example.org>", f"<{number}@example.org>", f"Lamp {number}", "When?"))
        await eventually(lambda: self.has(f"Lamp {number}"), within=20)
        items = [item for item in await self.tickets() if item["subject"] == f"Lamp {number}"]
        said = {"kind": "reply", "text": "In May.", "last_seen": 1}
        await self.ask("POST", f"/tickets/{items[0]['id']}/messages", said)
        sent = (await self.sink.wait_for(before + 1, within=20))[-1]
        return message_from_bytes(sent.body, policy=policy.default)

    async def tickets(self) -> list[dict[str, Any]]:
        return list((await self.ask("GET", "/tickets?view=all"))["items"])

    async def has(self, words: str) -> bool:
        return any(words in {item["subject"], item["last_line"]} for item in await self.tickets())

    async def is_proven(self) -> bool:
        (inbox,) = (await self.ask("GET", "/inboxes"))["items"]
        return bool(inbox["config"]["plus_proven"])


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(ScriptedImapServer())
        sink = await stack.enter_async_context(SmtpSink())
        running = await stack.enter_async_context(serving(dsn, tmp_path))
        here = running.service.services
        link = await links.first_run_link(here.units, site=here.edge.public_url, now=here.clock())
        assert link is not None
        http = httpx.AsyncClient(base_url=f"{running.url}/api/v1", headers={"origin": running.url}, timeout=15)
        house = House(await stack.enter_async_context(http), mailbox, sink)
        await house.ask("POST", "/setup", {"token": link.rpartition("/")[2], "start": "empty", **MARA})
        yield house


async def test_a_probe_that_arrives_lets_answers_carry_the_mark(house: House) -> None:
    await house.add_inbox()
    (probe,) = await house.sink.wait_for(1, within=20)
    (to,) = probe.recipients
    assert to.startswith("help+probe.")
    assert (await house.answered(1))["Reply-To"] is None  # nobody has seen it arrive yet

    house.mailbox.append(probe.body)
    await eventually(house.is_proven, within=20)
    reply_to = str((await house.answered(2))["Reply-To"])
    assert reply_to.startswith("help+c.")
    assert len(await house.tickets()) == 2  # the probe is nobody's

    more = mail("Greta <greta@example.org>", "<3@example.org>", "No reference at all", "Thank you!")
    house.mailbox.append(more.replace(b"help@example.org", reply_to.encode()))
    await eventually(lambda: house.has("Thank you!"), within=20)
    assert len(await house.tickets()) == 2


async def test_where_marked_addresses_are_nobodys_answers_go_to_the_plain_one(house: House) -> None:
    house.sink.answers["RCPT"] = "550 5.1.1 no such user"
    await house.add_inbox()
    await eventually(lambda: "RCPT" in house.sink.commands, within=20)
    house.sink.answers.clear()

    assert (await house.answered(1))["Reply-To"] is None
    assert not await house.is_proven()


async def test_an_inbox_that_does_not_want_them_sends_no_probe(house: House) -> None:
    await house.add_inbox(plus_addresses=False)

    assert (await house.answered(1))["Reply-To"] is None
    assert len(house.sink.mails) == 1
