"""The values of the settings that the edge needs; it never reads settings itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inbox.app.letters import Postman


def _to_terminal(line: str) -> None:
    sys.stderr.write(line + "\n")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the service stands in the world."""

    public_url: str  # without a slash at the end
    trusted_proxies: tuple[str, ...] = ()
    web: Path | None = None  # the built desk and widget
    demo: Callable[[], object] | None = None  # starts demo data and crowd; None where there is none
    postman: Postman | None = None  # sends our own mails; None: links are shown and printed instead
    announce: Callable[[str], object] = _to_terminal  # for what only whoever runs the service may read
