"""Whatever was accepted is there once and in order, however often the service is killed."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from inbox.testing.hooks import WebhookSender
from inbox.testing.http import PlainHttp, plain_http
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from inbox.testing.visitor import visitor
from tests.e2e.desk import Desk, Json, browser
from tests.e2e.mails import mail_settings
from tests.e2e.program import Program
from tests.e2e.senders import Crowd, Ledger, text_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
KILLS = 20
LANES = 4  # of each channel, beside each other
SITE = "https://mitmachwerk.example"
_ITEM = re.compile(r"item (\S+) (\d+) end")


async def test_twenty_kills_under_traffic_lose_double_and_reorder_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path)
    ledger = Ledger(tmp_path / "ledger")
    await program.start()
    try:
        async with browser(program.url) as desk:
            await desk.sign_up(program.setup_token())
            async with AsyncExitStack() as far_ends, AsyncExitStack() as writing:
                crowd = await _crowd(far_ends, writing, desk, Crowd(ledger))
                in_transaction = await _kill_again_and_again(program)
                crowd.over.set()
                await writing.aclose()  # whoever was refused writes on until it is accepted
                lanes = ledger.read()
                found = await _as_the_api_has_it(desk, lanes)
    finally:
        program.stop()

    print(f"accepted {sum(map(len, lanes.values()))}, kills {KILLS}, of them in a transaction {in_transaction}")  # noqa: T201
    assert found == {lane: [text_of(lane, n) for n in numbers] for lane, numbers in lanes.items()}
    assert {lane.partition("-")[0] for lane in lanes} == {"chat", "comments", "calls", "mails"}
    assert in_transaction > 0


async def _crowd(far_ends: AsyncExitStack, writing: AsyncExitStack, desk: Desk, crowd: Crowd) -> Crowd:
    """Let everybody write until they are told that it is over."""
    http = await far_ends.enter_async_context(plain_http())
    mailbox = await far_ends.enter_async_context(ScriptedImapServer())
    sink = await far_ends.enter_async_context(SmtpSink())
    chat = await desk.add_inbox("chat", sites=[SITE])
    comments = await desk.add_inbox("comments", platform="mitmachwerk.example")
    calls = await desk.add_inbox("telephony", region="DE")
    await desk.add_inbox("email", **mail_settings(mailbox, sink))
    address = desk.url.replace("http", "ws", 1)
    guests = [await far_ends.enter_async_context(visitor(address, chat["id"], origin=SITE)) for _ in range(LANES)]
    group = await writing.enter_async_context(asyncio.TaskGroup())
    for n, guest in enumerate(guests):
        group.create_task(crowd.chats(f"chat-{n}", guest))
        group.create_task(crowd.comments(f"comments-{n}", _sender(comments, http)))
        group.create_task(crowd.calls(f"calls-{n}", _sender(calls, http)))
        group.create_task(crowd.mails(f"mails-{n}", mailbox))
    return crowd


def _sender(inbox: Json, http: PlainHttp) -> WebhookSender:
    return WebhookSender(inbox["hook_url"], inbox["secrets"]["secret"], http)


async def _kill_again_and_again(program: Program) -> int:
    """Kill the service at random moments and start it again; return how many kills hit an open transaction."""
    dice = random.Random()
    hits = 0
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.05, 0.8))
        before = program.lost_transactions()
        program.kill()
        await program.start()
        hits += program.lost_transactions() > before
    return hits


async def _as_the_api_has_it(desk: Desk, lanes: dict[str, list[int]]) -> dict[str, list[str]]:
    """Return what each lane said, ticket by ticket and in its order, once all of it is there."""
    expected = sum(map(len, lanes.values()))
    async with asyncio.timeout(60):
        while True:
            tickets = await desk.everything("/tickets?view=all&sort=newest")
            if sum(ticket["last_seq"] for ticket in tickets) >= expected:
                break
            await asyncio.sleep(0.5)  # what was fetched is understood a moment later
    found: dict[str, list[str]] = {}
    for ticket in sorted(tickets, key=lambda ticket: ticket["number"]):
        for lane, text in await _said_in(desk, ticket):
            found.setdefault(lane, []).append(text)
    return found


async def _said_in(desk: Desk, ticket: Json) -> list[tuple[str, str]]:
    messages = sorted(await desk.everything(f"/tickets/{ticket['id']}/messages"), key=lambda m: m["seq"])
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    calls = Counter[str]()
    said = []
    for message in messages:
        if message["call"] is not None:
            lane = f"calls-{int(message['call']['caller'][5:]) - 1_000_000}"
            assert message["call"]["state"] == "missed"
            said.append((lane, text_of(lane, calls[lane])))
            calls[lane] += 1
        else:
            item = _ITEM.search(message["text"])
            assert item, message["text"]
            said.append((item[1], item[0]))
    return said
