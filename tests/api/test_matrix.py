"""Every operation of the API against every kind of caller; a route without a row fails the build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import WebSocketRoute

from inbox.api.app import routed
from inbox.domain.manager import Role
from tests.api.conftest import House
from tests.api.matrix import TABLE, Row, hidden_from, refusal
from tests.api.world import OF_CAMPAIGNS, OF_INBOXES, OF_TICKETS, World, build

_SECRETS = {"ticket": OF_TICKETS, "inbox": OF_INBOXES, "campaign": OF_CAMPAIGNS}


def routes(among: Iterable[Any]) -> Iterator[Any]:
    for each in among:
        inner = getattr(each, "original_router", each)
        yield from routes(inner.routes) if hasattr(inner, "routes") else [each]


def operations() -> set[str]:
    """Of all routes, shown in the OpenAPI document or not."""
    http = [route for route in routes(routed().routes) if isinstance(route, APIRoute)]
    return {f"{method} {route.path_format}" for route in http for method in route.methods or ()}


async def call(world: World, caller: httpx.AsyncClient, operation: str, row: Row) -> httpx.Response:
    method, _, pattern = operation.partition(" ")
    ids = world.ids | {name: world.ids.get(value, value) for name, value in row.at.items()}
    path = pattern.format_map(ids) + (f"?{row.query}" if row.query else "")
    if row.content is not None:
        return await caller.request(method, path, content=row.content, headers={"content-type": "text/plain"})
    return await caller.request(method, path, json=row.body(ids)) if row.body else await caller.request(method, path)


def test_every_operation_has_its_row_in_the_matrix() -> None:
    assert operations() == set(TABLE)


def test_the_matrix_asks_for_the_rights_that_the_routes_ask_for() -> None:
    asked = {f"{method.upper()} {path}": guard for (path, method), guard in routed().state.guards.items()}

    assert {each: (guard.role, guard.scope) for each, guard in asked.items()} == {
        each: (row.role, row.scope) for each, row in TABLE.items() if row.role is not None
    }


def test_every_socket_is_known_here() -> None:
    sockets = {route.path for route in routes(routed().routes) if isinstance(route, WebSocketRoute | APIWebSocketRoute)}

    assert sockets == {"/api/v1/live", "/chat/{inbox_id:uuid}"}


@pytest.mark.parametrize("operation", sorted(TABLE))
async def test_each_kind_of_caller_gets_what_the_table_says(house: House, operation: str) -> None:
    row = TABLE[operation]
    world = await build(house)
    callers = await world.callers(row.role or Role.MANAGER)
    refusals = {kind: refusal(row, kind, operation) for kind in callers}
    refused = {kind: status for kind, status in refusals.items() if status is not None}
    before = await world.digest()

    answers = {kind: await call(world, callers[kind], operation, row) for kind in refused}

    assert {kind: answer.status_code for kind, answer in answers.items()} == refused
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in answers.values())
    assert not [k for k, a in answers.items() if any(secret in a.text for secret in _SECRETS.values())]
    assert await world.digest() == before

    right = await call(world, world.admin, operation, row)
    let_in = [] if row.once else [kind for kind in callers if kind not in refused]
    passed = {kind: await call(world, callers[kind], operation, row) for kind in let_in}

    assert right.status_code == row.ok, right.text
    # What the right one changed is no longer as the others name it: a version, a state.
    assert not {k: a.status_code for k, a in passed.items() if a.status_code not in {row.ok, 409}}
    secret = _SECRETS.get(row.bound)
    assert not [k for k, a in passed.items() if hidden_from(row, k) and secret is not None and secret in a.text]
