"""Cursors: opaque to callers, and what a list looks like."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Query

from inbox.api.json import Json
from inbox.app.queries import Page
from inbox.errors import Invalid

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=100, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=500, description="the `next_cursor` of the page before")]


def after(cursor: str | None, *, parts: int) -> tuple[str, ...] | None:
    """Read a cursor; raise Invalid for one that we did not write."""
    if cursor is None:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error) as error:
        raise Invalid("This cursor is not one of ours.") from error
    if not isinstance(found, list) or len(found) != parts or not all(isinstance(p, str) for p in found):
        raise Invalid("This cursor is not one of ours.")
    return tuple(found)


def listed(page: Page[T], view: Callable[[T], dict[str, Any]], **more: object) -> Json:
    """Answer with a page of a list."""
    cursor = base64.urlsafe_b64encode(orjson.dumps(list(page.next))).decode() if page.next else None
    return Json({"items": [view(item) for item in page.items], "next_cursor": cursor, **more})


def whole(items: list[dict[str, Any]]) -> Json:
    """Answer with a list that is never longer than a page."""
    return Json({"items": items, "next_cursor": None})
