"""Whatever a request holds, the answer is a problem that says so, and never an accident of ours."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from inbox.api.app import routed
from inbox.api.document import openapi_document
from tests.api.conftest import House
from tests.api.matrix import TABLE
from tests.api.world import World, build

JSON = {"content-type": "application/json"}
WITH_BODY = sorted(operation for operation, row in TABLE.items() if row.body is not None)
DOCUMENT = openapi_document(routed())

# Each is wrong for most fields; where one fits, the request may well succeed.
ODD: list[Any] = [
    None,
    True,
    "true",
    0,
    -1,
    1.5,
    2**31,
    10**30,
    "",
    " ",
    "7",
    "a\x00b",
    "\ud800",
    "\u202e\r\nset-cookie: a=b",
    "x" * 5_000,
    "%",
    "'; drop table tickets; --",
    "9999-99-99T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    [],
    [[]],
    [None],
    ["x"] * 1_000,
    {},
    {"a": {"b": []}},
]
BROKEN = [
    b"",
    b"{",
    b"\xff",
    b"nul",
    b"[" * 50_000,
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"a":1e999}',
    b"NaN",
    b'"x"',
    b"7",
]


def properties(body: Any) -> Iterator[tuple[str, ...]]:
    """Yield where something can be put in a body, one level deep and its children's."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield (name,)
            yield from ((name, *rest) for rest in properties(value))


def twisted(body: dict[str, Any], at: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = at
    return {**body, name: twisted(body[name], tuple(rest), value) if rest else value}


def optional_fields(operation: str) -> Iterator[str]:
    method, _, path = operation.partition(" ")
    content = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    yield from DOCUMENT["components"]["schemas"][name]["properties"]


async def answer(world: World, operation: str, content: bytes) -> tuple[int, str]:
    method, _, pattern = operation.partition(" ")
    row = TABLE[operation]
    path = pattern.format_map(world.ids | dict(row.at))
    got = await world.admin.request(method, path, content=content, headers=JSON)
    return got.status_code, got.headers.get("content-type", "")


def is_problem(status: int, kind: str) -> bool:
    return 400 <= status < 500 and kind == "application/problem+json"


@pytest.mark.parametrize("operation", WITH_BODY)
async def test_a_wrong_body_is_no_accident(house: House, operation: str) -> None:
    world = await build(house)
    body = TABLE[operation].body
    assert body is not None
    good: dict[str, Any] = body(world.ids)
    strangers = [json.dumps({**good, name: 1}).encode() for name in ("id", "is_admin", "__proto__", "")]

    for content in [*BROKEN, b"[]", b"null", *strangers]:
        status, kind = await answer(world, operation, content)
        assert (status in {400, 422}, kind) == (True, "application/problem+json"), content[:80]

    places = {*properties(good), *((name,) for name in optional_fields(operation))}
    for place, value in itertools.product(sorted(places), ODD):
        content = json.dumps(twisted(good, place, value)).encode()
        status, kind = await answer(world, operation, content)
        assert status < 300 or is_problem(status, kind), (place, value, status)


async def test_a_wrong_id_in_a_path_is_no_accident(house: House) -> None:
    http = await house.browser(await house.manager())
    values = ["x", "%00", "..%2f..%2fetc%2fpasswd", "0", "%F0%28%8C%28", "x" * 3_000]
    operations = [each for each in TABLE if "{" in each]

    for operation, value in itertools.product(operations, values):
        method, _, pattern = operation.partition(" ")
        path = re.sub(r"\{[a-z_]+\}", value, pattern)
        got = await http.request(method, path, json={"name": "N"} if TABLE[operation].body else None)
        assert got.status_code < 500, (operation, value)


async def test_a_wrong_value_anywhere_in_a_query_is_no_accident(house: House) -> None:
    world = await build(house)
    odd = ["", "x", "%00", "-1", "1e9", "9" * 400, "%ED%A0%80", "%25", "null", "1.2.3", "W10=", "WyJhIl0=", "W251bGxd"]
    odd += ["WyJhIiwiYiJd", "WyIxIiwiYiIsImMiXQ==", "WyIxIiwiIiwieCJd", "²", "#²", "a,b", "true"]

    for path, methods in DOCUMENT["paths"].items():
        names = [each["name"] for each in methods.get("get", {}).get("parameters", []) if each["in"] == "query"]
        for name in names:
            for value in odd:
                got = await world.admin.get(f"{world.path(path)}?{name}={value}")
                assert got.status_code < 500, (path, name, value)
