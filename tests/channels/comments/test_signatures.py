"""Who may send comments: whoever signs them, freshly, with one of the inbox's secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from inbox.channel.model import Original, WebhookCall
from inbox.channel.webhooks import EVENT_LIMIT
from inbox.errors import SignatureRejected, TooLarge
from inbox.testing.fakes import NOON, fake_host
from inbox.testing.hooks import comment_event, signed_call
from inbox_comments import CommentsChannel
from inbox_comments.sample import OTHER_SECRET, SECRET

CHANNEL = CommentsChannel()
TOKEN = "a-token-of-thirty-two-characters"


async def verified(call: WebhookCall, **config: Any) -> Original:
    settings = CHANNEL.config.model_validate({"secret": SECRET, **config})
    async with CHANNEL.open(settings, fake_host()) as connection:
        return connection.verify(call)


async def test_what_the_library_signs_is_accepted() -> None:
    body = orjson.dumps(comment_event(text="Grüße 🎉"))
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_7",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_7", now, body.decode()),
    }

    assert (await verified(WebhookCall("POST", "", headers, {}, body, now))).key == "msg_7"


async def test_the_specifications_own_example_is_accepted() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, the test vector of its libraries
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)

    assert (await verified(WebhookCall("POST", "", headers, {}, b'{"test": 2432232314}', at))).key


async def test_while_a_secret_is_changed_both_are_accepted() -> None:
    old = signed_call(comment_event(), OTHER_SECRET)

    assert (await verified(old, previous_secret=OTHER_SECRET)).key
    with pytest.raises(SignatureRejected):
        await verified(old)


async def test_one_fitting_signature_of_several_is_enough() -> None:
    call = signed_call(comment_event(), SECRET)
    several = f"v1a,xyz v1,AAAA {call.headers['webhook-signature']}"

    assert (await verified(replace(call, headers={**call.headers, "webhook-signature": several}))).key


@pytest.mark.parametrize("seconds", [-300, -299, 299, 300])
async def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    call = signed_call(comment_event(), SECRET)

    assert (await verified(replace(call, at=NOON + timedelta(seconds=seconds)))).key


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_clock_may_not_be_more_than_five_minutes_off(seconds: int) -> None:
    call = signed_call(comment_event(), SECRET)

    with pytest.raises(SignatureRejected, match="five minutes"):
        await verified(replace(call, at=NOON + timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "msg_2"),
        ("webhook-id", ""),
        ("webhook-id", "x" * 256),
        ("webhook-id", "msg 1"),
        ("webhook-timestamp", "1774440001"),
        ("webhook-timestamp", "1774440000.0"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "9" * 40),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", ","),
    ],
)
async def test_a_changed_header_is_refused(header: str, value: str) -> None:
    call = signed_call(comment_event(), SECRET)

    with pytest.raises(SignatureRejected):
        await verified(replace(call, headers={**call.headers, header: value}))


async def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        await verified(signed_call(b" " * (EVENT_LIMIT + 1), SECRET))


async def test_a_token_proves_nothing_unless_the_inbox_has_one() -> None:
    call = WebhookCall("POST", "", {"authorization": f"Bearer {TOKEN}"}, {}, b"{}", NOON)

    with pytest.raises(SignatureRejected):
        await verified(call)
    assert (await verified(call, bearer_token=TOKEN)).key.startswith("sha256:")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN.upper()}"]
)
async def test_another_token_is_refused(header: str) -> None:
    with pytest.raises(SignatureRejected):
        await verified(WebhookCall("POST", "", {"authorization": header}, {}, b"{}", NOON), bearer_token=TOKEN)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%"])
def test_a_weak_secret_is_refused_in_words(secret: str) -> None:
    with pytest.raises(ValidationError, match="whsec_ followed by"):
        CHANNEL.config.model_validate({"secret": secret})


@pytest.mark.parametrize("given", [{}, {"secret": ""}, {"secret": None}])
def test_without_a_secret_one_is_made(given: dict[str, Any]) -> None:
    made = CHANNEL.config.model_validate(given).secret.get_secret_value()

    assert made.startswith("whsec_")
    assert made != CHANNEL.config.model_validate(given).secret.get_secret_value()


@pytest.mark.parametrize(
    "origin", ["crowd.example", "ftp://crowd.example", "https://", "https://a b", "https://u:p@x.example"]
)
def test_an_origin_must_be_one(origin: str) -> None:
    with pytest.raises(ValidationError, match="An origin is like"):
        CHANNEL.config.model_validate({"reply_origins": [origin]})


async def test_a_ping_is_answered_at_once_if_it_is_signed() -> None:
    ping = signed_call({"type": "ping"}, SECRET)
    settings = CHANNEL.config.model_validate({"secret": SECRET})
    async with CHANNEL.open(settings, fake_host()) as connection:
        assert connection.challenge(ping) == b'{"status":"pong"}'
        assert connection.challenge(signed_call(comment_event(text="ping"), SECRET)) is None
        assert connection.challenge(replace(ping, body=b"ping {")) is None
        with pytest.raises(SignatureRejected):
            connection.challenge(replace(ping, headers={}))
