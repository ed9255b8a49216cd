"""The services of the edge as tests compose them: the real parts, but for hosts and time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inbox.api.edge import Edge
from inbox.api.services import Services
from inbox.app.follow import Follower
from inbox.app.intake import Door
from inbox.app.opened import OpenInboxes
from inbox.app.presence import Presence
from inbox.app.routing import Routing
from inbox.blobs import BlobStore
from inbox.channel.host import Clock, Host
from inbox.channel.registry import Channels
from inbox.domain.ids import InboxId
from inbox.keeper import BlobKeeper
from inbox.store.unit_of_work import Units


def composed(
    units: Units,
    folder: Path,
    *,
    channels: Channels,
    host_for: Callable[[InboxId], Host],
    clock: Clock,
    edge: Edge,
    follower: Follower | None = None,
) -> Services:
    """Return services with attachments in a folder; whoever wants events runs the follower."""
    blobs = BlobStore(folder)
    blobs.prepare()
    inboxes = OpenInboxes(units, channels, host_for)
    return Services(
        units=units,
        door=Door(units, inboxes, BlobKeeper(blobs), clock, routing=Routing(channels.values())),
        inboxes=inboxes,
        blobs=blobs,
        follower=follower or Follower(units),
        presence=Presence(),
        clock=clock,
        edge=edge,
    )
