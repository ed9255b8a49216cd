"""Reads untrusted JSON, field by field, and says by JSON pointer (RFC 6901) what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from inbox.errors import MessageUnreadable

Json: TypeAlias = Mapping[str, Any]  # what arrived; its form is yet to be proved

LONGEST_ID = 500  # characters
_LONGEST_URL = 2_000
_REMEMBERED = 256  # URLs: those of a thread and of its platform come with every comment
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}")
_UNWRITTEN = re.compile(r"[\x00-\x20\x7f\\]")
_MILLISECONDS_FROM = 100_000_000_000  # a number of seconds this large would lie in the year 5138


def parsed_object(body: bytes) -> Json:
    """Parse a JSON object without NUL characters, which PostgreSQL cannot store; raise MessageUnreadable."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MessageUnreadable(f"This is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise MessageUnreadable("This is JSON, but not an object.")
    found: Json = without_nul(value) if b"\\u0000" in body else value
    return found


def without_nul(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value without NUL characters, in keys too."""
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {without_nul(key): without_nul(item) for key, item in value.items()}
        case list():
            return [without_nul(item) for item in value]
        case _:
            return value


def section(source: Json, key: str, *, at: str) -> Json:
    """Return the object under `key`; raise MessageUnreadable if there is none."""
    value = source.get(key)
    if not isinstance(value, dict):
        raise MessageUnreadable(f"{at}/{key} must be an object.")
    return value


def optional_section(source: Json, key: str) -> Json:
    """Return the object under `key`, an empty one if there is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def identifier(source: Json, key: str, *, at: str) -> str:
    """Return an id, numbers as text; raise MessageUnreadable if it is missing or longer than any id is."""
    value = source.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise MessageUnreadable(f"{at}/{key} is required and must be text.")
    if len(value) > LONGEST_ID:
        raise MessageUnreadable(f"{at}/{key} is longer than {LONGEST_ID} characters.")
    return value.strip()


def optional_identifier(source: Json, key: str, *, at: str) -> str | None:
    """Return an id, None if it is missing, null or empty."""
    if source.get(key) in (None, ""):
        return None
    return identifier(source, key, at=at)


def words(source: Json, key: str, *, limit: int = LONGEST_ID) -> str | None:
    """Return a short text on one line, cut at `limit`; None if there is none."""
    value = source.get(key)
    if not isinstance(value, str):
        return None
    return " ".join(value.split())[:limit] or None


def whole_number(source: Json, key: str) -> int | None:
    """Return a number from 0 that fits into 63 bits, also if written as text; None if there is none."""
    value = source.get(key)
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        return None
    return value


def moment(source: Json, key: str, *, at: str) -> datetime | None:
    """Return a time in UTC from RFC 3339 or a Unix time; None if missing. Raises MessageUnreadable if it is neither.

    So is the year 1 or 9999: nobody meant it, and neither clocks nor the database reckon with it.
    A time without a zone is read as UTC: the alternative is to guess.
    """
    value = source.get(key)
    if value is None or value == "":
        return None
    try:
        found = _in_utc(value)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise MessageUnreadable(f"{at}/{key} is not a time as in RFC 3339.") from error
    if not is_of_an_age(found):
        raise MessageUnreadable(f"{at}/{key} is of the year {found.year}.")
    return found


def is_of_an_age(at: datetime) -> bool:
    """Tell whether something in this service may be of that time."""
    return 1970 <= at.year <= 2200


def language(source: Json, key: str) -> str | None:
    """Return a language tag (BCP 47), None if it is not one."""
    value = source.get(key)
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        return None
    return value.replace("_", "-")


def web_url(source: Json, key: str) -> str | None:
    """Return an absolute http or https URL without credentials; None for anything else, such as `javascript:`."""
    value = source.get(key)
    return value if isinstance(value, str) and origin(value) else None


def origin(url: str) -> str | None:
    """Return the origin of a web URL, `https://host:port` with the port that is meant; None if it has none.

    Browsers and libraries disagree on backslashes and spaces in URLs, so that one could be checked and another called:
    such URLs have no origin.
    """
    return _origin(url) if len(url) <= _LONGEST_URL else None


@lru_cache(_REMEMBERED)
def _origin(url: str) -> str | None:
    if _UNWRITTEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.username is not None or parts.scheme not in {"http", "https"}:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def _in_utc(value: object) -> datetime:
    if isinstance(value, str):
        read = datetime.fromisoformat(value.strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("neither text nor a number")
    return datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS_FROM else value, tz=UTC)
