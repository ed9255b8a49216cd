"""What of the demo outlives a restart: a private file in the data folder."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

import orjson

from inbox.channel.webhooks import new_secret
from inbox.files import read_private, write_private

FILE = "demo.json"
SEED = 20260323


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the far ends listen on 127.0.0.1; 0 takes a free one."""

    imap: int = 0
    smtp: int = 0
    replies: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """The demo of one installation."""

    began: datetime  # when it was asked for: its history ends then
    seed: int = SEED
    chapter: int = 0  # how often the crowd began to write; each time goes on with another part of the story
    running: bool = True  # the crowd writes
    filled: bool = False  # the history is told to its end
    secret: str = field(default_factory=lambda: new_secret().get_secret_value(), repr=False)  # of all the far ends
    password: str = field(default="", repr=False)  # of the administrator whom the command `inbox demo` makes
    ports: Ports = Ports()
    inboxes: Mapping[str, str] = field(default_factory=dict)  # their ids, by what they are for


def recalled(folder: Path) -> Memory | None:
    """Return what is remembered; None where there is no demo."""
    try:
        known = orjson.loads(read_private(folder / FILE))
    except FileNotFoundError:
        return None
    return Memory(**known | {"began": datetime.fromisoformat(known["began"]), "ports": Ports(**known["ports"])})


def remember(folder: Path, memory: Memory) -> Memory:
    """Keep what is known of the demo, and return it."""
    write_private(folder / FILE, orjson.dumps(asdict(memory), option=orjson.OPT_INDENT_2).decode())
    return memory


def with_password(memory: Memory) -> Memory:
    """Return the memory with a new password that a person can type."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return replace(memory, password="-".join(groups))
