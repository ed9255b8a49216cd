"""The edge: what every request passes before a route sees it, and every answer after."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from inbox.api.headers import profile_of, with_profile
from inbox.api.problems import Problem, problem_of_status
from inbox.api.proxies import Proxies

Headers = Mapping[bytes, bytes]

_API = "/api/"
_UPLOADS = "/api/v1/uploads"
_KIB = 1024
_HOOK_LIMIT, _API_LIMIT, _UPLOAD_LIMIT = 256 * _KIB, 1024 * _KIB, 25 * 1024 * _KIB  # bytes
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID = re.compile(rb"[0-9A-Za-z._-]{8,64}")


class Gate:
    """Bounds, checks and names each request, and gives each answer its security headers.

    Plain ASGI in one layer: webhooks pass it by the hundred each second.
    """

    def __init__(self, app: ASGIApp, *, public_url: str, trusted_proxies: Sequence[str] = ()) -> None:
        self._app = app
        self._origin = _origin_of(public_url)
        self._secure = public_url.startswith("https:")
        self._proxies = Proxies(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer what may not pass."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        trusted = self._proxies.unwrap(scope)
        name = _name_of(headers, trusted=trusted)
        bind_contextvars(request=name.decode())  # each request has a task, and so a context, of its own
        answer = _dressed(send, path=scope["path"], name=name, secure=self._secure)
        limit = _limit_of(scope["path"])
        refusal = self._refusal(scope, headers, limit)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        await self._app(scope, _bounded(receive, limit), answer)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._proxies.unwrap(scope)
        # Cross-site websocket hijacking: a browser sends cookies with any page's handshake, and always its origin.
        if scope["path"].startswith(_API) and not self._is_ours(scope, dict(scope["headers"])):
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": "origin"})
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers, limit: int) -> Problem | None:
        """Return the answer to a request that may not pass."""
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return problem_of_status(400)
        if int(length) > limit:
            return problem_of_status(413)
        if scope["method"] in _SAFE or not scope["path"].startswith(_API):
            return None
        if b"authorization" not in headers and not self._is_ours(scope, headers):
            return Problem(403, "cross_site", "This request comes from another site.")
        if scope["path"] != _UPLOADS and _has_body(headers) and not _is_json(headers):
            return problem_of_status(415)
        return None

    def _is_ours(self, scope: Scope, headers: Headers) -> bool:
        """Tell whether a request comes from a page of ours, or from no page at all (Fetch Metadata, then Origin)."""
        site = headers.get(b"sec-fetch-site")
        if site is not None and site not in {b"same-origin", b"none"}:
            return False
        origin = headers.get(b"origin")
        if origin is None:
            return True
        return origin == self._origin or (origin == _own_origin(scope, headers))


def _dressed(send: Send, *, path: str, name: bytes, secure: bool) -> Send:
    profile = profile_of(path, secure=secure)

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*with_profile(message.get("headers", ()), profile), (b"x-request-id", name)]
        await send(message)

    return answer


def _bounded(receive: Receive, limit: int) -> Receive:
    """Count a body while it is read: its length may be missing, or a lie."""
    left = limit

    async def read() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return read


def _limit_of(path: str) -> int:
    if path.startswith("/hooks/"):
        return _HOOK_LIMIT
    is_upload = path == _UPLOADS or (path.startswith("/chat/") and path.endswith("/files"))
    return _UPLOAD_LIMIT if is_upload else _API_LIMIT


def _name_of(headers: Headers, *, trusted: bool) -> bytes:
    """Return the request's name for logs: a trusted proxy's, or a new one."""
    given = headers.get(b"x-request-id") if trusted else None
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return os.urandom(8).hex().encode()


def _has_body(headers: Headers) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _is_json(headers: Headers) -> bool:
    # A page of another site can send text/plain and forms without asking us first, JSON it cannot.
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == b"application/json"


def _origin_of(url: str) -> bytes:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower().encode()


def _own_origin(scope: Scope, headers: Headers) -> bytes:
    scheme = b"https://" if scope["scheme"] in {"https", "wss"} else b"http://"
    return scheme + headers.get(b"host", b"")
