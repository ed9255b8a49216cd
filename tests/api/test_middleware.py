"""Every request is bounded and checked before a route sees it; every answer carries its headers."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from inbox.api.middleware import Gate
from inbox.api.problems import answer_problems
from inbox.api.proxies import network_of

PUBLIC = "https://help.example.org"


def application() -> FastAPI:
    app = FastAPI()
    answer_problems(app)

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def echo(request: Request) -> dict[str, Any]:
        return {
            "size": len(await request.body()),
            "client": request.client.host if request.client else None,
            "scheme": request.url.scheme,
        }

    @app.websocket("/api/v1/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    return app


def gated(*trusted: str) -> Gate:
    return Gate(application(), public_url=PUBLIC, trusted_proxies=trusted)


def client_of(app: Gate, address: str = "203.0.113.9") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(gated()) as client:
        yield client


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65_536):
        yield b"x" * 65_536


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": PUBLIC}, 403),
        ({"origin": PUBLIC}, 200),
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, 403),
        ({}, 200),
        ({"origin": "https://evil.example", "authorization": "Bearer x"}, 200),
    ],
)
async def test_a_page_of_another_site_cannot_write_in_a_managers_name(
    http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await http.post("/api/v1/tickets", json={}, headers=headers)

    assert answer.status_code == status


async def test_a_webhook_needs_no_origin_of_ours(http: httpx.AsyncClient) -> None:
    answer = await http.post("/hooks/1", content=b"a=b", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_the_api_takes_json_alone(http: httpx.AsyncClient, kind: str) -> None:
    answer = await http.post("/api/v1/tickets", content=b"{}", headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_an_upload_may_be_of_any_type(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/uploads", content=b"GIF89a", headers={"content-type": "image/gif"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/hooks/1", 256 * 1024, 200),
        ("/hooks/1", 320 * 1024, 413),
        ("/api/v1/tickets", 1024 * 1024, 200),
        ("/api/v1/tickets", 1088 * 1024, 413),
        ("/api/v1/uploads", 2 * 1024 * 1024, 200),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_is_bounded_whether_its_length_is_announced_or_not(
    http: httpx.AsyncClient, path: str, size: int, status: int, announced: bool
) -> None:
    content = b"x" * size if announced else chunks(size)

    answer = await http.post(path, content=content, headers={"content-type": "application/json"})

    assert answer.status_code == status


async def test_a_length_that_is_no_number_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/hooks/1", headers={"content-length": "-1"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/api/v1/me", "default-src 'none'; frame-ancestors 'none'"),
        ("/", "script-src 'self'; style-src 'self'"),
        ("/", "frame-ancestors 'none'"),
        ("/demo/", "frame-ancestors 'self'"),
    ],
)
async def test_each_part_of_the_site_has_its_content_security_policy(
    http: httpx.AsyncClient, path: str, policy: str
) -> None:
    answer = await http.get(path)

    assert policy in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_what_the_api_answers_is_stored_nowhere(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/v1/me")).headers["cache-control"] == "no-store"


async def test_pages_of_other_sites_may_include_the_widget_and_nothing_else(http: httpx.AsyncClient) -> None:
    widget, desk = await http.get("/widget.js"), await http.get("/assets/desk.js")

    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    assert widget.headers["access-control-allow-origin"] == "*"
    assert desk.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in desk.headers


async def test_a_refused_request_gets_the_headers_too(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/tickets", json={}, headers={"sec-fetch-site": "cross-site"})

    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
async def test_only_trusted_proxies_say_who_is_calling(peer: str, forwarded: str, seen: str) -> None:
    async with client_of(gated("10.0.0.0/8"), peer) as client:
        answer = await client.get(
            "/api/x", headers={"x-forwarded-for": forwarded, "x-forwarded-proto": "https", "x-request-id": "planted-id"}
        )

    trusted = peer == "10.0.0.1"
    assert answer.json()["client"] == seen
    assert answer.json()["scheme"] == ("https" if trusted else "http")
    assert (answer.headers["x-request-id"] == "planted-id") == trusted


def test_a_socket_opens_only_from_a_page_of_ours() -> None:
    with TestClient(gated(), base_url="http://127.0.0.1:8000") as client:
        with client.websocket_connect("/api/v1/live", headers={"origin": PUBLIC}):
            pass
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/api/v1/live", headers={"origin": "https://evil.example"}),
        ):
            pass


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unix", "unix"),
    ],
)
def test_one_customer_counts_as_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network
