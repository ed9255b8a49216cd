"""Errors reach callers as problems with a stable code, and never as a stack."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated

import httpx2 as httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel, ConfigDict

from inbox import errors
from inbox.api.problems import STATUS, answer_problems, problem_of, status_of

ALL_KINDS = sorted(
    {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.InboxError)},
    key=lambda kind: kind.__name__,
)


class Subject(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


def below(kind: type[errors.InboxError]) -> Iterator[type[errors.InboxError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    answer_problems(app)

    @app.post("/subjects")
    async def take(subject: Annotated[Subject, Body()]) -> str:
        return subject.name

    @app.get("/broken")
    async def break_down() -> None:
        raise RuntimeError("/srv/secret/path")

    @app.get("/limited")
    async def limit() -> None:
        raise errors.LimitReached(timedelta(seconds=1.2))

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://inbox.test") as client:
        yield client


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_that_says_whose_fault_it_is(kind: type[errors.InboxError]) -> None:
    assert 400 <= status_of(kind) <= 503


@pytest.mark.parametrize("kind", [kind for kind in below(errors.InboxError) if kind is not errors.InboxError])
def test_no_error_of_ours_is_answered_as_an_accident(kind: type[errors.InboxError]) -> None:
    assert status_of(kind) != 500


def test_codes_are_not_used_twice() -> None:
    codes = [kind.code for kind in ALL_KINDS]

    assert len(codes) == len(set(codes))


def test_the_table_of_statuses_names_only_errors_that_exist() -> None:
    assert set(STATUS) <= set(ALL_KINDS)


def test_what_failed_inside_is_not_told() -> None:
    answer = problem_of(errors.DatabaseUnavailable("The database at 10.0.0.7 refused user inbox."))

    assert b"10.0.0.7" not in answer.body


async def test_a_limit_says_when_to_come_back(http: httpx.AsyncClient) -> None:
    answer = await http.get("/limited")

    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retry_after"]) == (429, "2", 2)


async def test_a_wrong_field_is_named_by_its_pointer(http: httpx.AsyncClient) -> None:
    answer = await http.post("/subjects", json={"name": "Anna", "is/admin": True})

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/is~1admin"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": ' + b"9" * 5_000 + b"}"])
async def test_a_body_that_is_no_json_is_a_bad_request(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/subjects", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/subjects", 405)])
async def test_what_no_route_takes_is_a_problem_too(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_an_accident_tells_nothing_about_the_inside(http: httpx.AsyncClient) -> None:
    answer = await http.get("/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert "secret" not in answer.text
