"""The tests that every channel must pass, one's own and third parties'.

    from inbox.testing.contract import ChannelContract

    class TestSignalChannel(ChannelContract):
        @pytest.fixture
        def sample(self) -> Sample:
            return Sample(channel=SignalChannel(), config={...}, originals=(...), outgoing=...)

Needs pytest, pytest-asyncio and hypothesis. A test that does not apply to a channel, such as those of signatures for
one that is sent nothing, passes without a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from inbox.channel.contract import ChannelConfig, Connection, Prepares, Pushes, Understands
from inbox.channel.host import Host, HttpAnswer
from inbox.channel.model import CONTRACT, Capabilities, Health, Original, Received, WebhookCall
from inbox.domain.threading import Threading
from inbox.errors import (
    DeliveryDelayed,
    DeliveryFailed,
    MessageUnreadable,
    OutgoingFailed,
    OutgoingRefused,
    SignatureRejected,
)
from inbox.testing.fakes import NOON, RecordingHttp, fake_host
from inbox.testing.sample import Sample

_SECRET_WORDS = ("secret", "password", "token", "key")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_OFTEN = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class ChannelContract:
    """Subclass it in a test module and give it a `sample`."""

    @pytest.fixture
    def sample(self) -> Sample:
        """Give the channel and its examples."""
        raise NotImplementedError("A subclass gives the sample.")

    # ------------------------------------------------------------------------------------------------ the channel

    def test_it_names_itself_in_both_languages(self, sample: Sample) -> None:
        assert sample.channel.kind == sample.channel.kind.lower().strip() != ""
        assert sample.channel.title["en"]
        assert sample.channel.title["de"]
        assert sample.channel.contract == CONTRACT

    def test_its_capabilities_do_not_contradict_each_other(self, sample: Sample) -> None:
        can = sample.channel.capabilities

        assert isinstance(can, Capabilities)
        assert can.public == (can.threading is Threading.PUBLIC)
        assert can.replies or not (can.starts_tickets or can.live or can.html or can.subject)
        assert can.live or not can.typing
        assert can.text_limit > 0
        assert can.attachment_limit > 0

    # ------------------------------------------------------------------------------------------------ its settings

    def test_every_setting_has_a_title_and_a_description_in_both_languages(self, sample: Sample) -> None:
        for name, field in sample.channel.config.model_json_schema().get("properties", {}).items():
            german = field.get("de", {})
            assert field.get("title"), name
            assert field.get("description"), name
            assert german.get("title"), name
            assert german.get("description"), name

    def test_an_unknown_setting_is_refused(self, sample: Sample) -> None:
        assert issubclass(sample.channel.config, ChannelConfig)

        with pytest.raises(ValidationError):
            sample.channel.config.model_validate({**sample.config, "no_such_setting": 1})

    def test_a_secret_is_never_shown(self, sample: Sample) -> None:
        config = _config(sample)

        for name in type(config).model_fields:
            value = getattr(config, name)
            assert isinstance(value, SecretStr | None) or not name.endswith(_SECRET_WORDS), name
            assert not isinstance(value, SecretStr) or value.get_secret_value() not in repr(config), name

    def test_settings_survive_being_stored(self, sample: Sample) -> None:
        config = _config(sample)

        stored = config.model_dump(mode="json") | _secrets(config)

        assert sample.channel.config.model_validate(stored) == config

    # ------------------------------------------------------------------------------------------ what it understands

    async def test_understanding_an_original_twice_gives_the_same_messages(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for original, received in _understood(sample, connection):
                assert received, original.key
                assert list(received) == list(_understands(connection).understand(original))

    async def test_every_message_has_an_id_of_its_own(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for _, received in _understood(sample, connection):
                ids = [message.external_id for message in received]
                assert all(ids)
                assert len(ids) == len(set(ids))

    async def test_every_time_has_a_zone(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for _, received in _understood(sample, connection):
                assert all(at.utcoffset() is not None for at in _values(list(received), datetime))

    async def test_nothing_is_understood_that_cannot_be_stored(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for _, received in _understood(sample, connection):
                _assert_storable(received)

    @_OFTEN
    @given(data=st.data())
    async def test_junk_is_unreadable_and_nothing_worse(self, sample: Sample, data: st.DataObject) -> None:
        async with _opened(sample) as connection:
            if isinstance(connection, Understands):
                _understand_or_refuse(connection, data.draw(_junk(sample.originals)))

    # ------------------------------------------------------------------------------------------- whom it believes

    async def test_a_signed_call_is_accepted_under_one_name(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for call in sample.calls:
                original = _pushes(connection).verify(call)
                assert original == _pushes(connection).verify(call)
                assert original.body == call.body
                assert 0 < len(original.key) <= 500

    async def test_a_call_without_a_fitting_signature_is_refused(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            for tampered in _tampered(sample):
                with pytest.raises(SignatureRejected):
                    _pushes(connection).verify(tampered)

    async def test_a_signature_made_with_another_secret_is_refused(self, sample: Sample) -> None:
        other = replace(sample, config={**sample.config, **sample.other_secret})

        async with _opened(other) as connection:
            for call in sample.calls:
                with pytest.raises(SignatureRejected):
                    _pushes(connection).verify(call)

    @pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=400)])
    async def test_a_signed_call_is_refused_when_it_is_not_fresh(self, sample: Sample, late: timedelta) -> None:
        async with _opened(sample) as connection:
            for call in sample.calls:
                with pytest.raises(SignatureRejected):
                    _pushes(connection).verify(replace(call, at=call.at + late))

    # ------------------------------------------------------------------------------------------------ what it sends

    async def test_checking_never_raises(self, sample: Sample) -> None:
        for trouble in (OutgoingFailed(), OutgoingRefused(), TimeoutError(), HttpAnswer(500, {}, b"\xff")):
            async with _opened(sample, http=RecordingHttp.answering(trouble)) as connection:
                assert isinstance(await connection.check(), Health)

    async def test_what_cannot_be_answered_fails_for_good(self, sample: Sample) -> None:
        if sample.channel.capabilities.replies or sample.outgoing is None:
            return
        async with _opened(sample) as connection:
            with pytest.raises(DeliveryFailed):
                await connection.send(sample.outgoing)

    @pytest.mark.parametrize("status", [200, 201, 202])
    async def test_an_accepted_message_has_a_receipt(self, sample: Sample, status: int) -> None:
        http = RecordingHttp.answering(HttpAnswer(status, {}, b"{}"))

        async with _sending(sample, http) as connection:
            if sample.sends_by_http and sample.outgoing:
                receipt = await connection.send(sample.outgoing)
                assert receipt.delivery in {"sent", "delivered"}
                assert len(http.requests) == 1

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    async def test_a_far_end_in_trouble_delays_a_message(self, sample: Sample, status: int) -> None:
        answer = HttpAnswer(status, {"retry-after": "120"}, b"<html>oh</html>")

        async with _sending(sample, RecordingHttp.answering(answer)) as connection:
            if sample.sends_by_http and sample.outgoing:
                with pytest.raises(DeliveryDelayed) as delayed:
                    await connection.send(sample.outgoing)
                assert delayed.value.retry_after == timedelta(minutes=2)

    @pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 422])
    async def test_a_refused_message_fails_with_the_far_ends_words(self, sample: Sample, status: int) -> None:
        answer = HttpAnswer(status, {}, b'{"detail": "Closed since Monday."}')

        async with _sending(sample, RecordingHttp.answering(answer)) as connection:
            if sample.sends_by_http and sample.outgoing:
                with pytest.raises(DeliveryFailed, match="Closed since Monday"):
                    await connection.send(sample.outgoing)

    async def test_an_unreachable_far_end_delays_and_a_forbidden_one_fails(self, sample: Sample) -> None:
        for trouble, error in ((OutgoingFailed(), DeliveryDelayed), (OutgoingRefused(), DeliveryFailed)):
            async with _sending(sample, RecordingHttp.answering(trouble)) as connection:
                if sample.sends_by_http and sample.outgoing:
                    with pytest.raises(error):
                        await connection.send(sample.outgoing)

    async def test_a_prepared_message_is_the_same_at_every_try(self, sample: Sample) -> None:
        async with _opened(sample) as connection:
            if isinstance(connection, Prepares) and sample.outgoing:
                assert connection.prepare(sample.outgoing) == connection.prepare(sample.outgoing)


def _config(sample: Sample) -> ChannelConfig:
    config = sample.channel.config.model_validate(dict(sample.config))
    assert isinstance(config, ChannelConfig)
    return config


def _secrets(config: ChannelConfig) -> dict[str, str]:
    values = {name: getattr(config, name) for name in type(config).model_fields}
    return {name: value.get_secret_value() for name, value in values.items() if isinstance(value, SecretStr)}


def _opened(sample: Sample, *, http: RecordingHttp | None = None) -> AbstractAsyncContextManager[Connection]:
    host: Host = fake_host(http=http)
    return sample.channel.open(_config(sample), host)


def _sending(sample: Sample, http: RecordingHttp) -> AbstractAsyncContextManager[Connection]:
    return _opened(sample, http=http)


def _understands(connection: Connection) -> Understands:
    assert isinstance(connection, Understands)
    return connection


def _pushes(connection: Connection) -> Pushes:
    assert isinstance(connection, Pushes)
    return connection


def _understood(sample: Sample, connection: Connection) -> Iterator[tuple[Original, Sequence[Received]]]:
    for original in sample.originals:
        yield original, _understands(connection).understand(original)


def _junk(originals: Sequence[Original]) -> st.SearchStrategy[Original]:
    """Make originals out of noise, and out of real ones that were cut, doubled, scratched or given other values."""
    types = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "message/rfc822", "", "\0"])
    noise = st.builds(Original, key=st.just("junk"), body=st.binary(max_size=400), content_type=types, at=st.just(NOON))
    if not originals:
        return noise
    known = st.sampled_from(originals)
    scratched = st.builds(_scratched, known, st.integers(0, 5000), st.binary(max_size=6), st.integers(0, 40))
    return noise | scratched | st.builds(_twisted, known, st.integers(0, 200), _JSON)


def _scratched(original: Original, at: int, put: bytes, cut: int) -> Original:
    place = at % (len(original.body) + 1)
    return replace(original, body=original.body[:place] + put + original.body[place + cut :])


def _twisted(original: Original, which: int, value: object) -> Original:
    """Put another value into one place of a JSON original; one that is no JSON stays as it is."""
    try:
        event = json.loads(original.body)
    except ValueError:
        return original
    places = list(_places(event))
    if not places:
        return original
    holder, key = places[which % len(places)]
    holder[key] = value
    return replace(original, body=json.dumps(event).encode())


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - walks through any JSON
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _understand_or_refuse(connection: Understands, original: Original) -> None:
    try:
        received = connection.understand(original)
    except MessageUnreadable:
        return
    _assert_storable(received)


def _assert_storable(received: Sequence[Received]) -> None:
    """PostgreSQL stores neither NUL nor half of a surrogate pair, nor a number of more than 64 bits."""
    for text in _values(list(received), str):
        text.encode()  # raises on a lone surrogate
        assert "\0" not in text
    assert all(-(1 << 63) <= message.version < 1 << 63 for message in received)


def _values(value: Any, kind: type[Any]) -> Iterator[Any]:  # noqa: ANN401 - walks through any value
    """Yield everything of a kind inside a value."""
    if isinstance(value, kind):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _values(getattr(value, field.name), kind)
    elif isinstance(value, Mapping):
        yield from _values([*value.keys(), *value.values()], kind)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _values(item, kind)


def _tampered(sample: Sample) -> Iterator[WebhookCall]:
    """Yield every call with its signature or its body changed."""
    header = sample.signature_header
    for call in sample.calls if header else ():
        assert header is not None
        signature = call.headers[header]
        yield replace(call, headers={name: v for name, v in call.headers.items() if name != header})
        for changed in ("", signature[:-1], signature[:-4], signature + "A", signature + "=", signature.swapcase()):
            yield replace(call, headers={**call.headers, header: changed})
        yield replace(call, body=call.body + b" ")
        yield replace(call, body=call.body[:-1])
        yield replace(call, body=b"\xff" + call.body)
