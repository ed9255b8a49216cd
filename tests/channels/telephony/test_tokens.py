"""Who may report calls: whoever signs, and whoever knows the token in the address."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from inbox.channel.model import Original, WebhookCall
from inbox.channel.webhooks import EVENT_LIMIT
from inbox.errors import SignatureRejected, TooLarge
from inbox.testing.fakes import NOON, fake_host
from inbox.testing.hooks import call_event, signed_call
from inbox_telephony import TelephonyChannel
from inbox_telephony.sample import SECRET

CHANNEL = TelephonyChannel()
TOKEN = "a-token-of-thirty-two-characters"
BODY = b'{"event": "newCall", "callId": "1"}'


async def verified(call: WebhookCall, **config: Any) -> Original:
    settings = CHANNEL.config.model_validate({"secret": SECRET, **config})
    async with CHANNEL.open(settings, fake_host()) as connection:
        assert connection.challenge(call) is None
        return connection.verify(call)


def unsigned(path: str, body: bytes = BODY) -> WebhookCall:
    return WebhookCall("POST", path, {}, {}, body, NOON)


@pytest.mark.parametrize("path", [f"/{TOKEN}", TOKEN, f"/{TOKEN}/"])
async def test_a_system_that_cannot_sign_is_known_by_its_token(path: str) -> None:
    first = await verified(unsigned(path), token=TOKEN)
    again = await verified(unsigned(path), token=TOKEN)
    other = await verified(unsigned(path, BODY + b" "), token=TOKEN)

    assert first.key == again.key != other.key


@pytest.mark.parametrize("path", ["", "/", f"/{TOKEN}x", f"/{TOKEN[:-1]}", f"/{TOKEN.upper()}", "/é", f"/x/{TOKEN}"])
async def test_another_token_is_refused(path: str) -> None:
    with pytest.raises(SignatureRejected):
        await verified(unsigned(path), token=TOKEN)


@pytest.mark.parametrize("path", ["", "/", f"/{TOKEN}"])
async def test_an_inbox_without_a_token_takes_signed_events_only(path: str) -> None:
    with pytest.raises(SignatureRejected):
        await verified(unsigned(path), token="")

    signed = signed_call(call_event("call-1", "ringing"), SECRET, message_id="msg_9")
    assert (await verified(signed, token="")).key == "msg_9"


async def test_a_signed_event_needs_no_token() -> None:
    assert (await verified(signed_call(call_event("call-1", "ringing"), SECRET), token=TOKEN)).key == "msg_1"


async def test_an_event_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        await verified(unsigned(f"/{TOKEN}", b" " * (EVENT_LIMIT + 1)), token=TOKEN)


def test_a_token_is_made_for_every_inbox() -> None:
    one, other = CHANNEL.config(), CHANNEL.config()

    assert one.token is not None
    assert one.token != other.token


@pytest.mark.parametrize("token", ["short", "with a space in it, and long enough", "with/a/slash/and/long/enough/too"])
def test_a_token_that_fits_no_address_or_can_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(ValidationError, match="A token needs at least 24"):
        CHANNEL.config.model_validate({"token": token})


@pytest.mark.parametrize("region", ["", "D", "Germany", "XX"])
def test_a_region_must_be_one(region: str) -> None:
    with pytest.raises(ValidationError, match="two letters"):
        CHANNEL.config.model_validate({"region": region})


def test_a_region_may_be_written_small() -> None:
    assert CHANNEL.config.model_validate({"region": "at"}).region == "AT"
