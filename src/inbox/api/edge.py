"""The values of the settings that the edge needs; it never reads settings itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inbox.app.letters import Postman


def _to_terminal(line: str) -> None:
    sys.stderr.write(line + "\n")


class Demo(Protocol):
    """A believable platform with a crowd that keeps writing."""

    @property
    def is_running(self) -> bool:
        """Whether the crowd writes."""

    @property
    def page(self) -> str | None:
        """The path of the page with the widget on it; None while there is no demo."""

    async def start(self) -> None:
        """Fill an empty installation and let the crowd write; raise Conflict for one that is in use."""

    async def stop(self) -> None:
        """Let the crowd fall silent."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the service stands in the world."""

    public_url: str  # without a slash at the end
    trusted_proxies: tuple[str, ...] = ()
    web: Path | None = None  # the built desk and widget
    demo: Demo | None = None  # None where there is none
    postman: Postman | None = None  # sends our own mails; None: links are shown and printed instead
    announce: Callable[[str], object] = _to_terminal  # for what only whoever runs the service may read
