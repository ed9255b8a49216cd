"""Finds the installed channels by their entry points."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from inbox.channel.contract import Channel
from inbox.channel.model import CONTRACT
from inbox.errors import StartRefused

log = logging.getLogger(__name__)

GROUP = "inbox.channels"
Channels = Mapping[str, Channel[Any]]


def installed() -> Channels:
    """Return every installed channel by its kind, in the order of the kinds."""
    return register(entry_points(group=GROUP))


def register(points: Iterable[EntryPoint]) -> Channels:
    """Load channels; refuse two of a kind and one that was written for another contract; leave out a broken one."""
    channels: dict[str, Channel[Any]] = {}
    for point in sorted(points, key=lambda p: p.name):
        try:
            channel: Channel[Any] = point.load()()
        except (ImportError, AttributeError) as error:
            log.warning("The channel %r is left out, because it cannot be loaded: %s", point.name, error)
            continue
        if channel.kind in channels:
            raise StartRefused(f"Two installed channels are called {channel.kind!r}; remove one ({point.value}).")
        if channel.contract != CONTRACT:
            raise StartRefused(
                f"The channel {channel.kind!r} was written for contract {channel.contract}; "
                f"this service has {CONTRACT}."
            )
        channels[channel.kind] = channel
    return channels
