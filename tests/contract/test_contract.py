"""The contract tests find a channel that does not keep the contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from inbox.channel.contract import ChannelConfig, Connection
from inbox.channel.host import Host
from inbox.channel.model import Capabilities, Health, Original, Outgoing, Receipt, Received, Sender, WebhookCall
from inbox.domain.threading import Threading
from inbox.errors import ChannelError
from inbox.testing.contract import ChannelContract
from inbox.testing.fakes import NOON
from inbox.testing.sample import Sample, original
from inbox_comments.sample import answer


class SloppyConfig(ChannelConfig):
    password: str = "hunter2"


class SloppyConnection:
    """Believes everybody, keeps what cannot be stored, and takes every answer for a yes."""

    def __init__(self, config: SloppyConfig, host: Host) -> None:
        self._host = host
        self._count = 0

    def verify(self, call: WebhookCall) -> Original:
        return Original(key="", body=call.body, content_type="application/json", at=call.at)

    def challenge(self, call: WebhookCall) -> bytes | None:
        return None

    def understand(self, original: Original) -> Sequence[Received]:
        self._count += 1
        text = json.loads(original.body)["text"]
        at = datetime.now(UTC).replace(tzinfo=None)
        return [Received(external_id=f"{self._count}", sender=Sender(()), at=at, text=text) for _ in range(2)]

    async def send(self, message: Outgoing) -> Receipt:
        await self._host.http.post("https://far.example", content=message.text.encode())
        return Receipt()

    async def check(self) -> Health:
        await self._host.http.get("https://far.example")
        return Health(ok=True)


class SloppyChannel:
    """Breaks every rule."""

    kind: ClassVar[str] = "Sloppy"
    title: ClassVar[Mapping[str, str]] = {"en": "Sloppy", "de": ""}
    contract: ClassVar[int] = 1
    capabilities: ClassVar[Capabilities] = Capabilities(threading=Threading.CONTACT, public=True)

    @property
    def config(self) -> type[SloppyConfig]:
        return SloppyConfig

    @asynccontextmanager
    async def open(self, config: SloppyConfig, host: Host) -> AsyncIterator[Connection]:
        yield SloppyConnection(config, host)


SLOPPY = Sample(
    channel=SloppyChannel(),
    originals=(original(b'{"text": "a\\u0000b"}'),),
    calls=(WebhookCall("POST", "", {"x-signature": "yes"}, {}, b"{}", NOON),),
    signature_header="x-signature",
    outgoing=answer(),
    sends_by_http=True,
)
TESTS = ChannelContract()
TOLD = (AssertionError, pytest.fail.Exception, ChannelError)


@pytest.mark.parametrize(
    "name",
    [
        "test_it_names_itself_in_both_languages",
        "test_its_capabilities_do_not_contradict_each_other",
        "test_every_setting_has_a_title_and_a_description_in_both_languages",
        "test_a_secret_is_never_shown",
    ],
)
def test_a_sloppy_channel_is_told_what_it_lacks(name: str) -> None:
    with pytest.raises(AssertionError):
        getattr(TESTS, name)(SLOPPY)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("test_understanding_an_original_twice_gives_the_same_messages", ()),
        ("test_every_message_has_an_id_of_its_own", ()),
        ("test_every_time_has_a_zone", ()),
        ("test_nothing_is_understood_that_cannot_be_stored", ()),
        ("test_a_signed_call_is_accepted_under_one_name", ()),
        ("test_a_call_without_a_fitting_signature_is_refused", ()),
        ("test_a_signature_made_with_another_secret_is_refused", ()),
        ("test_a_signed_call_is_refused_when_it_is_not_fresh", (timedelta(minutes=6),)),
        ("test_checking_never_raises", ()),
        ("test_a_far_end_in_trouble_delays_a_message", (503,)),
        ("test_a_refused_message_fails_with_the_far_ends_words", (404,)),
        ("test_an_unreachable_far_end_delays_and_a_forbidden_one_fails", ()),
    ],
)
async def test_a_sloppy_connection_is_told_what_it_lacks(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(TOLD):
        await getattr(TESTS, name)(SLOPPY, *arguments)
