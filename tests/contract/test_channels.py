"""Every installed channel keeps the contract."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

import pytest

from inbox.channel.registry import GROUP
from inbox.testing.contract import ChannelContract
from inbox.testing.sample import Sample

CHANNELS = [point for point in entry_points(group=GROUP) if hasattr(import_module(point.module), point.attr)]
INSTALLED = [point for point in CHANNELS if find_spec(f"{point.module}.sample")]


def test_every_installed_channel_gives_a_sample_of_itself() -> None:
    assert CHANNELS == INSTALLED


@pytest.fixture(params=INSTALLED, ids=lambda point: point.name)
def sample(request: pytest.FixtureRequest) -> Sample:
    point: EntryPoint = request.param
    made = import_module(f"{point.module}.sample").sample()
    assert isinstance(made, Sample)
    assert made.channel.kind == point.name
    return made


class TestEveryInstalledChannel(ChannelContract):
    """Each with the sample of its own package."""

    @pytest.fixture
    def sample(self, sample: Sample) -> Sample:
        return sample
