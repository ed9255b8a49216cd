"""The frames that a visitor's chat client may send, and why one is refused; `visitor_answers` has what it is told.

Frames are JSON objects in text, one each; `type` says which. Everything that a visitor may see of a ticket has a `seq`,
dense from 1, so that a client resumes with the highest one below which it misses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from inbox.errors import Invalid

TEXT_LIMIT = 8000  # characters of one message
FILES_LIMIT = 5  # of one message
FRAME_LIMIT = 8 * 1024  # bytes of any frame but a message
MESSAGE_LIMIT = 64 * 1024  # bytes: a text at its limit, escaped
HIGHEST_SEQ = 2**31 - 1

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # PostgreSQL stores no NUL; nobody types the others


class Refusal(StrEnum):
    """Why a frame was refused; public, never renamed."""

    BAD_FRAME = "bad_frame"
    BAD_HELLO = "bad_hello"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNAUTHORIZED = "unauthorized"
    IDENTITY_INVALID = "identity_invalid"
    ORIGIN_DENIED = "origin_denied"
    UNKNOWN_INBOX = "unknown_inbox"
    UNKNOWN_FILE = "unknown_file"
    FORM_REQUIRED = "form_required"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"


class Close(IntEnum):
    """The codes with which a socket is closed (RFC 6455 section 7.4.2: 4000 and up are an application's own)."""

    BAD_HELLO = 4400
    UNAUTHORIZED = 4401
    IDENTITY_INVALID = 4402
    ORIGIN_DENIED = 4403
    UNKNOWN_INBOX = 4404
    TOO_LARGE = 4413
    RATE_LIMITED = 4429
    SERVER_ERROR = 4500
    GOING_AWAY = 4503


class FrameRejected(Invalid):
    """The frame cannot be understood."""

    def __init__(self, refusal: Refusal, message: str, *, client_id: str | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class Page:
    """Where the visitor is; without what a query string might give away."""

    url: str | None = None
    title: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who it is, and since when it has seen everything."""

    session: str | None = field(default=None, repr=False)
    identity_token: str | None = field(default=None, repr=False)
    ticket: str | None = None  # the one that `since` counts in
    since: int | None = None
    locale: str = "en"
    page: Page = Page()
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Introduce:
    """The visitor's answers to the pre-chat form."""

    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Say:
    """A message; said again with the same `client_id` it is the same message."""

    client_id: str
    text: str
    files: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Typing:
    """The visitor began or stopped typing."""

    on: bool


@dataclass(frozen=True, slots=True)
class Read:
    """The visitor has seen everything up to `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class History:
    """A wish for what came before `before`."""

    before: int


@dataclass(frozen=True, slots=True)
class End:
    """The visitor has what they came for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How the visitor liked it, from 1 to 5."""

    score: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life."""


ClientFrame: TypeAlias = Hello | Introduce | Say | Typing | Read | History | End | Rate | Ping


def parse(text: str) -> ClientFrame:
    """Read one frame of a client; raise FrameRejected with the reason that the client is told."""
    if len(text) > MESSAGE_LIMIT:
        raise FrameRejected(Refusal.TOO_LARGE, f"A frame has at most {MESSAGE_LIMIT} bytes.")
    raw = _object(text)
    read = _READERS.get(str(raw.get("type")))
    if read is None:
        raise FrameRejected(Refusal.BAD_FRAME, "This type of frame is unknown.")
    if read is not _say and len(text) > FRAME_LIMIT:
        raise FrameRejected(Refusal.TOO_LARGE, f"A frame of this type has at most {FRAME_LIMIT} bytes.")
    return read(raw)


def _object(text: str) -> dict[str, Any]:
    try:
        raw = orjson.loads(text)
    except ValueError as error:
        raise FrameRejected(Refusal.BAD_FRAME, "A frame is one JSON object.") from error
    if not isinstance(raw, dict):
        raise FrameRejected(Refusal.BAD_FRAME, "A frame is one JSON object.")
    return raw


def _hello(raw: dict[str, Any]) -> Hello:
    locale = _text(raw, "locale", 35) or "en"
    return Hello(
        session=_text(raw, "session", 100),
        identity_token=_text(raw, "identity_token", 4096),
        ticket=_text(raw, "ticket", 64),
        since=None if raw.get("since") is None else _number(raw, "since", 0, HIGHEST_SEQ),
        locale=locale if _LOCALE.fullmatch(locale) else "en",
        page=_page(raw.get("page")),
        form=_form(raw.get("form")),
    )


def _introduce(raw: dict[str, Any]) -> Introduce:
    return Introduce(form=_form(raw.get("form")))


def _say(raw: dict[str, Any]) -> Say:
    client_id = raw.get("client_id")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise FrameRejected(Refusal.BAD_FRAME, "`client_id` has 1 to 64 letters, digits, - or _.")
    files = _files(raw.get("attachments"), client_id)
    text = raw.get("text", "" if files else None)
    if not isinstance(text, str):
        raise FrameRejected(Refusal.BAD_FRAME, "`text` is a string.", client_id=client_id)
    if len(text) > TEXT_LIMIT:
        raise FrameRejected(
            Refusal.TOO_LARGE,
            f"A message has at most {TEXT_LIMIT} characters.",
            client_id=client_id,
        )
    cleaned = _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()
    if not cleaned and not files:
        raise FrameRejected(Refusal.EMPTY, "There is nothing in this message.", client_id=client_id)
    return Say(client_id=client_id, text=cleaned, files=files)


def _files(raw: object, client_id: str) -> tuple[UUID, ...]:
    if raw is None:
        return ()
    try:
        files = tuple(dict.fromkeys(UUID(each) for each in raw)) if isinstance(raw, list) else None
    except (ValueError, AttributeError, TypeError):
        files = None
    if files is None or len(files) > FILES_LIMIT:
        words = f"`attachments` are the ids of at most {FILES_LIMIT} uploads."
        raise FrameRejected(Refusal.BAD_FRAME, words, client_id=client_id)
    return files


def _typing(raw: dict[str, Any]) -> Typing:
    on = raw.get("on", True)
    if not isinstance(on, bool):
        raise FrameRejected(Refusal.BAD_FRAME, "`on` is true or false.")
    return Typing(on=on)


def _read(raw: dict[str, Any]) -> Read:
    return Read(seq=_number(raw, "seq", 0, HIGHEST_SEQ))


def _history(raw: dict[str, Any]) -> History:
    return History(before=_number(raw, "before", 1, HIGHEST_SEQ))


def _end(_raw: dict[str, Any]) -> End:
    return End()


def _rate(raw: dict[str, Any]) -> Rate:
    comment = _text(raw, "comment", 2000) or ""
    return Rate(score=_number(raw, "score", 1, 5), comment=_UNPRINTABLE.sub("", comment).strip())


def _ping(_raw: dict[str, Any]) -> Ping:
    return Ping()


_READERS: dict[str, Callable[[dict[str, Any]], ClientFrame]] = {
    "hello": _hello,
    "introduce": _introduce,
    "message": _say,
    "typing": _typing,
    "read": _read,
    "history": _history,
    "end": _end,
    "rate": _rate,
    "ping": _ping,
}


def _text(raw: Mapping[str, Any], key: str, limit: int) -> str | None:
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit or "\x00" in value:
        raise FrameRejected(Refusal.BAD_FRAME, f"`{key}` is a string of at most {limit} characters.")
    return value


def _number(raw: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise FrameRejected(Refusal.BAD_FRAME, f"`{key}` is a number from {least} to {most}.")
    return value


def _page(raw: object) -> Page:
    if raw is None:
        return Page()
    if not isinstance(raw, dict):
        raise FrameRejected(Refusal.BAD_FRAME, "`page` is an object.")
    title, campaign = _text(raw, "title", 300), _text(raw, "campaign", 200)
    return Page(url=_address(_text(raw, "url", 2000)), title=title, campaign=campaign)


def _address(url: str | None) -> str | None:
    """Keep scheme, host and path; a query may hold a token, and another scheme is no page of anybody's."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _form(raw: object) -> Mapping[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, dict) or len(raw) > 10:
        raise FrameRejected(Refusal.BAD_FRAME, "`form` is an object of at most 10 answers.")
    answers = {key: _text(raw, key, 300) for key in raw if len(key) <= 40}
    return {key: answer for key, answer in answers.items() if answer}
