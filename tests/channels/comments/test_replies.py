"""Answers to comments: where they go, what they say, and what becomes of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from inbox.channel.host import HttpAnswer
from inbox.channel.model import Outgoing, Receipt
from inbox.domain.message import Delivery
from inbox.errors import DeliveryDelayed, DeliveryFailed, OutgoingFailed
from inbox.testing.fakes import FixedClock, RecordingHttp, fake_host
from inbox.testing.hooks import reply_sink
from inbox.testing.http import plain_http
from inbox_comments import CommentsChannel
from inbox_comments.replies import retry_after
from inbox_comments.sample import REPLY_URL, SECRET, answer

CHANNEL = CommentsChannel()
ORIGIN = "https://crowd.example"


async def sent(message: Outgoing, http: Any, *, origins: tuple[str, ...] = (ORIGIN,), clock: Any = None) -> Receipt:
    config = CHANNEL.config.model_validate({"secret": SECRET, "reply_origins": origins})
    async with CHANNEL.open(config, fake_host(http=http, clock=clock)) as connection:
        return await connection.send(message)


async def test_an_answer_is_signed_so_that_the_librarys_own_check_accepts_it() -> None:
    from datetime import UTC, datetime

    http, message = RecordingHttp(), answer()

    await sent(message, http, clock=FixedClock(datetime.now(UTC)))

    (request,) = http.requests
    event = Webhook(SECRET).verify(request.content, dict(request.headers))
    assert event["type"] == "inbox.reply"
    assert event["data"]["client_ref"] == request.headers["idempotency-key"] == str(message.id)
    assert event["data"]["comment_id"] == "c-1"
    assert event["data"]["body"] == {"text": "Am 12. April.", "format": "text"}
    assert event["data"]["agent"] == {"display_name": "Aylin"}


async def test_every_try_sends_the_same_body_under_the_same_key() -> None:
    http, message, clock = RecordingHttp(), answer(), FixedClock()

    await sent(message, http, clock=clock)
    clock.advance(timedelta(minutes=10))
    await sent(message, http, clock=clock)

    first, second = http.requests
    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


async def test_a_published_answer_is_known_by_the_platforms_id() -> None:
    made = {"id": "c-90311", "permalink": "https://crowd.example/#c-90311"}
    http = RecordingHttp.answering(HttpAnswer(201, {}, orjson.dumps(made)))

    assert await sent(answer(), http) == Receipt(Delivery.DELIVERED, external_id="c-90311", note=made["permalink"])


async def test_an_answer_that_was_only_accepted_is_sent() -> None:
    assert await sent(answer(), RecordingHttp.answering(HttpAnswer(202, {}, b""))) == Receipt(Delivery.SENT)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/r",
        "https://crowd.example.evil.example/r",
        "https://crowd.example@evil.example/r",
        "https://crowd.example:8443/r",
        "http://crowd.example/r",
        "https://crowd.example\\@evil.example/r",
        "https://crowd.example\n.evil.example/r",
        "//crowd.example/r",
        "file:///etc/passwd",
        "",
        7,
    ],
)
async def test_a_reply_address_outside_the_allowed_origins_is_never_called(url: Any) -> None:
    http = RecordingHttp()

    with pytest.raises(DeliveryFailed):
        await sent(answer(url=url), http)
    assert http.requests == []


@pytest.mark.parametrize("url", ["https://crowd.example:443/r", "https://CROWD.example/r", REPLY_URL])
async def test_the_same_origin_may_be_written_differently(url: str) -> None:
    http = RecordingHttp()

    await sent(answer(url=url), http)

    assert [request.url for request in http.requests] == [url]


async def test_without_allowed_origins_nothing_is_sent() -> None:
    with pytest.raises(DeliveryFailed, match="settings"):
        await sent(answer(), RecordingHttp(), origins=())


@pytest.mark.parametrize(
    "reply",
    [None, {}, {"url": REPLY_URL, "actions": ["hide"]}, {"url": REPLY_URL, "expires_at": "2026-03-25T11:59:59Z"}],
)
async def test_a_comment_that_takes_no_answer_gets_none(reply: object) -> None:
    with pytest.raises(DeliveryFailed):
        await sent(replace(answer(), parent_meta={"reply": reply}), RecordingHttp())


async def test_a_silent_platform_is_asked_again() -> None:
    with pytest.raises(DeliveryDelayed, match="timed out"):
        await sent(answer(), RecordingHttp.answering(OutgoingFailed("timed out")))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Wed, 25 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 25 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("Wed, 25 Mar 99999999999999999999 12:05:00 GMT", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_the_pause_that_a_platform_asks_for_is_read(header: str, wait: timedelta | None) -> None:
    assert retry_after(header, now=FixedClock()()) == wait


async def test_an_error_page_is_not_quoted() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await sent(answer(), RecordingHttp.answering(HttpAnswer(404, {}, b"<html><h1>Not found</h1>")))

    assert str(failed.value) == "The platform answered 404"


async def test_a_real_platform_publishes_an_answer_once_over_several_tries() -> None:
    from datetime import UTC, datetime

    async with reply_sink(SECRET) as sink, plain_http() as http:
        sink.failures = [HttpAnswer(503, {"retry-after": "1"}, b"")]
        message, clock = answer(url=sink.url("c-1")), FixedClock(datetime.now(UTC))
        with pytest.raises(DeliveryDelayed):
            await sent(message, http, origins=(sink.origin,), clock=clock)
        receipts = [await sent(message, http, origins=(sink.origin,), clock=clock) for _ in range(2)]

        assert [receipt.external_id for receipt in receipts] == ["r-1", "r-1"]
        (reply,) = await sink.wait_for(1)
        assert reply["body"]["text"] == "Am 12. April."
        assert sink.tries == 3


async def test_the_check_names_the_setting_that_is_to_blame() -> None:
    config = CHANNEL.config.model_validate({"reply_origins": [ORIGIN]})
    http = RecordingHttp.answering(OutgoingFailed("no such host"))
    async with CHANNEL.open(config, fake_host(http=http)) as connection:
        health = await connection.check()

    assert not health.ok
    assert health.field == "reply_origins"
    assert "no such host" in health.note


async def test_the_check_does_not_wait_for_ever() -> None:
    class Deaf(RecordingHttp):
        async def get(self, url: str, *, headers: Any = None) -> HttpAnswer:
            await asyncio.sleep(3600)
            raise AssertionError(url)

    config = CHANNEL.config.model_validate({"reply_origins": [ORIGIN]})
    async with CHANNEL.open(config, fake_host(http=Deaf())) as connection:
        connection.patience = 0.01
        assert not (await connection.check()).ok
