"""Answers as JSON: encoded once, by orjson."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from starlette.responses import Response

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def encode(content: object) -> bytes:
    """Return the JSON of a value; times in UTC to the millisecond, as RFC 3339 writes them."""
    return orjson.dumps(content, default=_plain, option=_OPTIONS)


def time_text(at: datetime) -> str:
    """Write a time as every answer and event does: 2026-11-22T07:30:00.123Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _plain(value: object) -> object:
    match value:
        case datetime():
            return time_text(value)
        case UUID():  # the database driver has a kind of its own
            return str(value)
        case timedelta():
            return value.total_seconds()
        case set() | frozenset():
            return sorted(value, key=str)
        case bytes():
            return value.decode("ascii")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Json(Response):
    """An answer whose content is plain values; the models declared on its route document it."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Encode the content."""
        return encode(content)
