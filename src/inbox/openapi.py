"""Writes the contract's documents, or tells whether the committed ones are current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from inbox.api.app import routed
from inbox.api.document import events_document, openapi_document
from inbox.errors import Conflict


def documents() -> dict[str, dict[str, Any]]:
    """Return the documents by their file names."""
    return {"inbox.json": openapi_document(routed()), "events.schema.json": events_document()}


def write_documents(folder: Path) -> str:
    """Write the documents; return the sentence that is printed."""
    folder.mkdir(exist_ok=True)
    for name, document in documents().items():
        (folder / name).write_bytes(_encoded(document))
    return f"Wrote {', '.join(documents())} into {folder}/."


def check_documents(folder: Path) -> str:
    """Raise Conflict if a committed document is not what the code makes; return the sentence that is printed."""
    stale = [n for n, d in documents().items() if not (folder / n).exists() or (folder / n).read_bytes() != _encoded(d)]
    if stale:
        raise Conflict(f"{', '.join(stale)} in {folder}/ are not current; run `inbox openapi`.")
    return "The documents are current."


def _encoded(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
