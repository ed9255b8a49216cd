"""Two of our own services, each told to acknowledge, cannot keep each other busy; nor can a machine that answers all.

Both fetch from a mail server of their own (Dovecot) and send to one that delivers into both. Mailboxes may have a
machine that says that their owner is away: a good one (RFC 3834), and one that answers whatever comes, to whoever it
seems to be from, without a word that it is a machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest

from inbox.app import links
from inbox.testing.database import create_database, drop_database, dsn_of
from inbox.testing.serving import serving
from inbox.testing.smtp import SentMail, SmtpSink
from tests.dovecot import Dovecot, running_dovecot
from tests.e2e.mails import mail_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
HERE, THERE = "help@here.example", "help@there.example"
QUIET = 4.0  # seconds without a mail, after which none comes any more: fetching takes one, answering less
_ROUNDS = 12  # of a ping-pong that nobody would stop

Machine = Callable[[SentMail], bytes | None]


@dataclass(slots=True)
class Relay:
    """What both services send by: every mail arrives in a mailbox, whose machine may answer it."""

    sink: SmtpSink
    mailboxes: dict[str, Dovecot]
    machines: dict[str, Machine] = field(default_factory=dict)
    carried: list[SentMail] = field(default_factory=list)

    async def run(self) -> None:
        """Deliver what the services send, for ever."""
        while True:
            await self.sink.wait_for(len(self.carried) + 1, within=3600)
            await self.carry(self.sink.mails[len(self.carried)])

    async def carry(self, mail: SentMail) -> None:
        self.carried.append(mail)
        if len(self.carried) > _ROUNDS:
            return
        for address in mail.recipients:
            await asyncio.to_thread(self.mailboxes[address].deliver, returned_to(mail))
            machine = self.machines.get(address)
            if machine and (answer := machine(mail)):
                await self.sink.take(SentMail(address, (sender_of(mail),), answer))

    async def quiet(self) -> list[SentMail]:
        """Wait until nothing comes any more, and return everything that did."""
        before = -1
        while before < len(self.carried):
            before = len(self.carried)
            await asyncio.sleep(QUIET)
        return self.carried


def returned_to(mail: SentMail) -> bytes:
    """Return a mail as it is delivered (RFC 5321 section 4.4)."""
    return f"Return-Path: <{mail.sender}>\r\n".encode() + mail.body


def sender_of(mail: SentMail) -> str:
    return str(message_from_bytes(mail.body, policy=policy.default)["From"].addresses[0].addr_spec)


def person(sender: str, to: str) -> SentMail:
    """Somebody writes from one service's address to the other's, by another client."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        sender,
        to,
        "The lamp",
        f"<{uuid4()}@person.example>",
    )
    mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    mail.set_content("Hello, when will my lamp arrive at my house?\n")
    return SentMail(sender, (to,), mail.as_bytes())


def away(mail: SentMail) -> bytes | None:
    """A good machine: it answers no machine, says that it is one, and answers nobody's envelope."""
    read = message_from_bytes(mail.body, policy=policy.default)
    if not mail.sender or read["Auto-Submitted"]:
        return None
    return machine_mail(mail, "Out of office", {"Auto-Submitted": "auto-replied"})


def parrot(mail: SentMail) -> bytes | None:
    """A bad machine: whatever comes is answered, as if a person had written a new mail."""
    return machine_mail(mail, "Thank you for your message", {})


def machine_mail(mail: SentMail, subject: str, fields: dict[str, str]) -> bytes:
    answer = EmailMessage(policy=policy.SMTP)
    answer["From"], answer["To"], answer["Subject"] = mail.recipients[0], sender_of(mail), subject
    answer["Message-ID"], answer["Date"] = f"<{uuid4()}@machine.example>", "Sun, 22 Nov 2026 10:00:00 +0000"
    for name, value in fields.items():
        answer[name] = value
    answer.set_content("I am not here before May, and will answer you then.\n")
    return answer.as_bytes()


@pytest.fixture
async def relay(template: str, tmp_path: Path) -> AsyncIterator[Relay]:
    """Two services on databases of their own, whose inboxes acknowledge."""
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(SmtpSink())
        boxes = {address: stack.enter_context(running_dovecot(address)) for address in (HERE, THERE)}
        relay = Relay(sink, boxes)
        for n, (address, box) in enumerate(boxes.items()):
            await service(stack, template, tmp_path / str(n), mail_settings(box, sink) | {"address": address})
        group = await stack.enter_async_context(asyncio.TaskGroup())
        carrying = group.create_task(relay.run())
        yield relay
        carrying.cancel()


async def service(stack: AsyncExitStack, template: str, folder: Path, settings: dict[str, Any]) -> None:
    name = f"test_{uuid4().hex}"
    server = dsn_of(template, "inbox")
    dsn = await create_database(server, name, template="template_of_tests")
    stack.push_async_callback(drop_database, server, name)
    running = await stack.enter_async_context(serving(dsn, folder))
    here = running.service.services
    link = await links.first_run_link(here.units, site=here.edge.public_url, now=here.clock())
    assert link is not None
    who = {"name": "Mara", "email": "mara@crowd.example", "password": "correct horse battery", "locale": "en"}
    async with httpx.AsyncClient(base_url=f"{running.url}/api/v1", headers={"origin": running.url}) as http:
        (await http.post("/setup", json={"token": link.rpartition("/")[2], "start": "empty", **who})).raise_for_status()
        inbox = {"channel": "email", "name": "Help", "config": settings | {"acknowledge": True}}
        (await http.post("/inboxes", json=inbox)).raise_for_status()


@pytest.mark.parametrize(
    ("machine_here", "machine_there"),
    [(None, None), (away, away), (away, None)],
    ids=["both acknowledge", "both are away as well", "one is away as well"],
)
async def test_two_services_that_answer_by_themselves_exchange_two_mails_at_most(
    relay: Relay, machine_here: Machine | None, machine_there: Machine | None
) -> None:
    machines = {HERE: machine_here, THERE: machine_there}
    relay.machines = {address: machine for address, machine in machines.items() if machine is not None}
    first = person(HERE, THERE)
    await asyncio.to_thread(relay.mailboxes[THERE].deliver, returned_to(first))

    carried = await relay.quiet()
    assert [mail.sender for mail in carried] == [""]  # the one acknowledgement; with the first mail, that makes two


async def test_a_machine_that_answers_everything_gets_one_answer_of_ours(relay: Relay) -> None:
    relay.machines = {THERE: parrot}
    first = person(THERE, HERE)
    await asyncio.to_thread(relay.mailboxes[HERE].deliver, returned_to(first))

    carried = await relay.quiet()
    ours = [mail for mail in carried if mail.sender == ""]
    assert [sender_of(mail) for mail in ours].count(HERE) == 1
    assert len(ours) <= 2
