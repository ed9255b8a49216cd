"""What the edge is given by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from secrets import token_bytes

from starlette.requests import HTTPConnection

from inbox.api.edge import Edge
from inbox.app.follow import Follower
from inbox.app.intake import Door
from inbox.app.opened import OpenInboxes
from inbox.app.outgoing import Blobs
from inbox.app.pictures import NONE, RemotePictures
from inbox.app.ports import Units
from inbox.app.presence import Presence
from inbox.app.rehearsal import Rehearses, here
from inbox.channel.host import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes use; made once, handed to the application."""

    units: Units
    door: Door
    inboxes: OpenInboxes
    blobs: Blobs
    follower: Follower
    presence: Presence
    clock: Clock
    edge: Edge
    pictures: RemotePictures = NONE
    picture_key: bytes = field(default_factory=partial(token_bytes, 32), repr=False)  # signs their addresses
    rehearses: Rehearses = here


def services(connection: HTTPConnection) -> Services:
    """Return the services of the application that a request or socket belongs to."""
    found: Services = connection.app.state.services
    return found
