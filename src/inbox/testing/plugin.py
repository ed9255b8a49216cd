"""A pytest plugin with the fakes as fixtures: add `pytest_plugins = ["inbox.testing.plugin"]` to a conftest.py."""

from __future__ import annotations

import pytest

from inbox.channel.host import Host
from inbox.testing.fakes import FakeDialer, FixedClock, MemoryLog, RecordingHttp, fake_host


@pytest.fixture
def recording_http() -> RecordingHttp:
    """Give an HTTP client that answers 200 and keeps what it was asked."""
    return RecordingHttp()


@pytest.fixture
def fake_dialer() -> FakeDialer:
    """Give a dialer that connects where the test says."""
    return FakeDialer()


@pytest.fixture
def fixed_clock() -> FixedClock:
    """Give a time that stands still."""
    return FixedClock()


@pytest.fixture
def memory_log() -> MemoryLog:
    """Give a log that can be read back."""
    return MemoryLog()


@pytest.fixture
def channel_host(
    recording_http: RecordingHttp, fake_dialer: FakeDialer, fixed_clock: FixedClock, memory_log: MemoryLog
) -> Host:
    """Give what the service lends to a channel, made of the other fixtures."""
    return fake_host(http=recording_http, dialer=fake_dialer, clock=fixed_clock, log=memory_log)
