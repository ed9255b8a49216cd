"""Whatever was accepted is there once and in order, however often the service is killed: questions and answers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inbox.channel.webhooks import new_secret
from inbox.testing.hooks import ReplySink, WebhookSender, reply_sink
from inbox.testing.http import PlainHttp, plain_http
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from inbox.testing.visitor import Visitor, visitor
from tests.e2e.answers import Answerer, Arrived, answer_of, until
from tests.e2e.desk import Desk, Json, browser
from tests.e2e.mails import mail_settings
from tests.e2e.program import Program
from tests.e2e.senders import Crowd, Ledger, text_of
from tests.e2e.told import Told, as_the_api_has_it

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
KILLS = 20
CHANNELS = {"chat", "comments", "telephony", "email"}
LANES = 4  # of each channel, beside each other
SITE = "https://mitmachwerk.example"
_PATIENCE = 45.0  # seconds in which something must have moved; longer than any lease
Lanes = dict[str, list[str]]


@dataclass(slots=True)
class Scene:
    """The far ends, who writes and who answers, and what they were promised."""

    desks: list[Desk]
    http: PlainHttp
    platform: ReplySink
    mailbox: ScriptedImapServer
    mails: SmtpSink
    said: Ledger
    answered: Ledger
    over: asyncio.Event = field(default_factory=asyncio.Event)
    guests: list[Visitor] = field(default_factory=list)
    inboxes: dict[str, Json] = field(default_factory=dict)

    def arrived(self) -> Lanes:
        return Arrived(self.guests, self.platform, self.mails).texts()

    def sender(self, channel: str) -> WebhookSender:
        inbox = self.inboxes[channel]
        return WebhookSender(inbox["hook_url"], inbox["secrets"]["secret"], self.http)


async def test_twenty_kills_under_traffic_lose_double_and_reorder_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path)
    await program.start()
    try:
        async with _scene(program, tmp_path) as scene:
            in_transaction, managers = await _killed_under_traffic(scene, program)
            expected = sum(map(len, scene.said.read().values()))
            told = await as_the_api_has_it(scene.desks[0], expected=expected, patience=_PATIENCE)
            answers = _texts(scene.answered, answer_of)
            await until(lambda: _of(scene.arrived(), "chat") == _of(answers, "chat"), within=20)
            arrived = scene.arrived()
    finally:
        program.stop()

    print(_figures(scene, told, managers), f"{KILLS} kills, {in_transaction} of them in a transaction")  # noqa: T201
    assert not (found := _differences(told.said, _texts(scene.said, text_of))), found
    assert {lane.partition("-")[0] for lane in told.said} == {"chat", "comments", "calls", "mails"}
    assert not (found := _differences(told.answers, answers)), found
    assert {_channel_of(lane) for lane in answers} == CHANNELS
    assert not (found := _differences(_of(arrived, "chat", "comments"), _of(answers, "chat", "comments"))), found
    assert _doubts(answers, told.deliveries) == {}
    _check_mails(_of(answers, "email"), _of(arrived, "email"), told.deliveries)
    assert in_transaction > 0


def _differences(found: Lanes, wanted: Lanes) -> dict[str, Lanes]:
    """Return what is missing, doubled or out of order, by lane."""
    return {
        lane: {
            "missing": list((Counter(wanted.get(lane, [])) - Counter(found.get(lane, []))).elements()),
            "too much": list((Counter(found.get(lane, [])) - Counter(wanted.get(lane, []))).elements()),
            "in order": found.get(lane, []),
        }
        for lane in found.keys() | wanted.keys()
        if found.get(lane) != wanted.get(lane)
    }


def _check_mails(answers: Lanes, arrived: Lanes, deliveries: dict[str, str]) -> None:
    """Nothing came twice or out of order; what did not come is in doubt where a person sees it."""
    for lane, texts in answers.items():
        came = arrived.get(lane, [])
        assert came == [text for text in texts if text in set(came)]
        assert {deliveries[text] for text in texts if text not in set(came)} <= {"uncertain", "failed"}


def _doubts(answers: Lanes, deliveries: dict[str, str]) -> dict[str, str]:
    """Return what is not known to have arrived, of the channels whose far ends know what comes twice."""
    texts = [text for texts in _of(answers, "chat", "comments", "telephony").values() for text in texts]
    return {text: deliveries[text] for text in texts if deliveries[text] not in {"sent", "delivered"}}


def _of(lanes: Lanes, *channels: str) -> Lanes:
    return {lane: texts for lane, texts in lanes.items() if _channel_of(lane) in channels}


def _channel_of(lane: str) -> str:
    return lane.split(":")[1]


def _texts(ledger: Ledger, wording: Callable[[str, int], str]) -> Lanes:
    return {lane: [wording(lane, n) for n in numbers] for lane, numbers in ledger.read().items()}


def _figures(scene: Scene, told: Told, managers: list[Answerer]) -> str:
    return (
        f"{sum(map(len, told.said.values()))} accepted and {sum(map(len, told.answers.values()))} answers; "
        f"{sum(each.refusals for each in managers)} refused as stale, "
        f"{sum(each.repeated for each in managers)} asked for again after they were accepted, "
        f"{scene.platform.tries - len(scene.platform.replies)} sent again to the platform; "
        f"{dict(Counter(told.deliveries.values()))};"
    )


@asynccontextmanager
async def _scene(program: Program, folder: Path) -> AsyncIterator[Scene]:
    """Bring everybody together, with an inbox of each channel."""
    async with AsyncExitStack() as stack:
        secret = new_secret().get_secret_value()
        scene = Scene(
            desks=[await stack.enter_async_context(browser(program.url)) for _ in range(2)],
            http=await stack.enter_async_context(plain_http()),
            platform=await stack.enter_async_context(reply_sink(secret)),
            mailbox=await stack.enter_async_context(ScriptedImapServer()),
            mails=await stack.enter_async_context(SmtpSink()),
            said=Ledger(folder / "said-ledger"),
            answered=Ledger(folder / "answered-ledger"),
        )
        await _furnish(scene, program, secret)
        chat, address = scene.inboxes["chat"], program.url.replace("http", "ws", 1)
        for _ in range(LANES):
            scene.guests.append(await stack.enter_async_context(visitor(address, chat["id"], origin=SITE)))
        yield scene


async def _furnish(scene: Scene, program: Program, secret: str) -> None:
    desk, colleague = scene.desks
    await desk.sign_up(program.setup_token())
    await desk.invite("Ben", colleague)
    origins = [scene.platform.origin]
    scene.inboxes["chat"] = await desk.add_inbox("chat", sites=[SITE])
    scene.inboxes["comments"] = await desk.add_inbox("comments", secret=secret, reply_origins=origins)
    scene.inboxes["comments"]["secrets"] = {"secret": secret}
    scene.inboxes["telephony"] = await desk.add_inbox("telephony", region="DE")
    scene.inboxes["email"] = await desk.add_inbox("email", **mail_settings(scene.mailbox, scene.mails))


async def _killed_under_traffic(scene: Scene, program: Program) -> tuple[int, list[Answerer]]:
    """Let everybody write and answer through all kills; whoever was refused goes on until it is accepted."""
    crowd = Crowd(scene.said, scene.over)
    names = ("aylin", "ben")
    managers = [Answerer(name, desk, scene.answered, scene.over) for name, desk in zip(names, scene.desks, strict=True)]
    async with asyncio.TaskGroup() as group:
        for n, guest in enumerate(scene.guests):
            group.create_task(crowd.chats(f"chat-{n}", guest))
            group.create_task(crowd.comments(f"comments-{n}", scene.sender("comments"), scene.platform))
            group.create_task(crowd.calls(f"calls-{n}", scene.sender("telephony")))
            group.create_task(crowd.mails(f"mails-{n}", scene.mailbox))
        for manager in managers:
            group.create_task(manager.work())
        await until(lambda: {_channel_of(lane) for lane in scene.answered.read()} == CHANNELS, within=60)
        in_transaction = await _kill_again_and_again(program)
        scene.over.set()
    return in_transaction, managers


async def _kill_again_and_again(program: Program) -> int:
    """Kill the service at random moments and start it again; return how many kills hit an open transaction."""
    dice = random.Random()
    hits = 0
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.05, 1.2))
        before = program.lost_transactions()
        program.kill()
        await program.start()
        hits += program.lost_transactions() > before
    return hits
