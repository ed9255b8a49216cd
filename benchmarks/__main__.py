"""`python -m benchmarks NAME [--json]` prints one JSON object, and how far it is on stderr."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import uvloop

from benchmarks import boot, corpora, ingest, languages, live, mail, positions, routing

BENCHMARKS: dict[str, Callable[[], Coroutine[None, None, dict[str, Any]]]] = {
    "boot": boot.measure,
    "corpora": corpora.measure,
    "ingest": ingest.measure,
    "languages": languages.measure,
    "live": live.measure,
    "mail": mail.measure,
    "positions": positions.measure,
    "routing": routing.measure,
}


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="on one line instead of for people")
    parser.add_argument("--dir", type=Path, action="append", help="corpora: further folders of the same forms")
    asked = parser.parse_args()
    measure = partial(corpora.measure, asked.dir or ()) if asked.name == "corpora" else BENCHMARKS[asked.name]
    figures = uvloop.run(measure())
    print(orjson.dumps(figures, option=0 if asked.json else orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
