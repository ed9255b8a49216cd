"""The samples of the integrator's guide run, and what they send is believed and understood."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson

from inbox.channel.host import HttpAnswer
from inbox.channel.model import Original, WebhookCall
from inbox.channel.webhooks import new_secret
from inbox.domain.calls import CallState
from inbox.testing.fakes import Request, fake_host
from inbox.testing.http import http_server
from inbox.testing.sample import original
from inbox_comments import CommentsChannel
from inbox_telephony import TelephonyChannel

GUIDE = (Path(__file__).parents[2] / "docs" / "integrator.md").read_text(encoding="utf-8")
CHANNEL = CommentsChannel()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


async def run(program: list[str], source: str) -> list[Original]:
    """Run a sample against a hook and return what the hook believed."""
    secret, believed = new_secret().get_secret_value(), list[Original]()
    config = CHANNEL.config.model_validate({"secret": secret})

    async def take(request: Request) -> HttpAnswer:
        call = WebhookCall(request.method, "", request.headers, {}, request.content, datetime.now(UTC))
        believed.append(connection.verify(call))
        return HttpAnswer(202, {}, b"")

    async with CHANNEL.open(config, fake_host()) as connection, http_server(take) as hook:
        environment = {**os.environ, "INBOX_HOOK": hook, "INBOX_SECRET": secret, "no_proxy": "127.0.0.1"}
        process = await asyncio.create_subprocess_exec(*program, source, env=environment)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    return believed


async def test_the_python_sample_is_believed_and_understood() -> None:
    (sample,) = blocks("python")

    (arrived,) = await run([sys.executable, "-c"], sample)

    async with CHANNEL.open(CHANNEL.config(), fake_host()) as connection:
        (received,) = connection.understand(arrived)
    assert received.external_id == "c-90210"


async def test_the_shell_sample_is_believed() -> None:
    (sample,) = blocks("sh")

    (arrived,) = await run(["sh", "-ec"], sample)

    assert orjson.loads(arrived.body) == {"type": "ping"}


async def test_the_comment_of_the_guide_is_understood() -> None:
    event = blocks("json")[0].encode()
    async with CHANNEL.open(CHANNEL.config(), fake_host()) as connection:
        (received,) = connection.understand(original(event))

    assert received.thread_title == "Update 3"
    assert received.meta["reply"]["actions"] == ["reply"]


async def test_the_call_of_the_guide_is_understood() -> None:
    event, channel = blocks("json")[2].encode(), TelephonyChannel()
    async with channel.open(channel.config(), fake_host()) as connection:
        (received,) = connection.understand(original(event))

    assert received.call is not None
    assert received.call.state is CallState.MISSED
