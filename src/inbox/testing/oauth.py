"""An OAuth 2.0 server on this machine, for tests and for trying things out: real requests, a page to consent on.

    async with AuthServer() as auth:
        ...  # an inbox with auth.authorize_url and auth.token_url; mail servers that believe auth.holds
        auth.end_access()   # what was handed out as access tokens is worth nothing from now on
        auth.revoke()       # and now the consent itself

It checks what a careful server checks: the redirect address, PKCE, the client's secret, codes and refresh tokens that
are used twice.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from inbox.channel.host import HttpAnswer
from inbox.testing.fakes import Request
from inbox.testing.http import http_server

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fake sign-in</title>
<body style="font: 16px system-ui; max-width: 30rem; margin: 4rem auto"><h1>Fake sign-in</h1>
<p><b>{client}</b> asks for <code>{scope}</code> in the name of <b>{user}</b>.</p>
<p><a href="{allow}">Allow</a> &nbsp; <a href="{deny}">Deny</a></p></body></html>"""


@dataclass(slots=True)
class AuthServer:
    """An authorization server with one client and one account."""

    client_id: str = "crowd-inbox"
    client_secret: str = "client secret"  # noqa: S105 - a server for tests lets tests in
    user: str = "help@example.org"
    lasts: int = 3_600  # seconds of an access token
    rotates: bool = True
    port: int = 0
    origin: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)  # the forms that came to the token endpoint
    failing: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # answers of the token endpoint instead
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refresh: set[str] = field(default_factory=set)
    _access: set[str] = field(default_factory=set)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def authorize_url(self) -> str:
        """Return the page on which the owner consents."""
        return self.origin + "/authorize"

    @property
    def token_url(self) -> str:
        """Return where tokens are asked for."""
        return self.origin + "/token"

    @property
    def tokeninfo_url(self) -> str:
        """Return where mail servers ask whose an access token is; it comes at the end."""
        return self.origin + "/tokeninfo?access_token="

    @property
    def grants(self) -> list[str]:
        """Return the kinds of the grants that were asked for, in order."""
        return [form["grant_type"] for form in self.asked]

    def holds(self, user: str, token: str) -> bool:
        """Tell a mail server whether an access token is worth something."""
        return user == self.user and token in self._access

    def end_access(self) -> None:
        """Let every access token be worth nothing, though its time is not over."""
        self._access.clear()

    def revoke(self) -> None:
        """Take the consent back, as its owner does on the provider's page."""
        self._access.clear()
        self._refresh.clear()

    def consented(self) -> dict[str, Any]:
        """Return tokens as for somebody who has just consented, without the way through a browser."""
        return self._given()

    async def __aenter__(self) -> Self:
        self.origin = await self._stack.enter_async_context(http_server(self._answer, port=self.port))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _answer(self, request: Request) -> HttpAnswer:
        parts = urlsplit(request.url)
        if parts.path == "/token":
            return self._tokens(request)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/tokeninfo":
            is_good = query.get("access_token") in self._access
            return _json(200, {"email": self.user}) if is_good else _json(400, {"error": "invalid_token"})
        if query.get("client_id") != self.client_id or query.get("code_challenge_method") != "S256":
            return HttpAnswer(400, {"content-type": "text/plain"}, b"This is no question that we answer.")
        return HttpAnswer(200, {"content-type": "text/html; charset=utf-8"}, self._page(query).encode())

    def _page(self, query: Mapping[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(query)
        back, state = query["redirect_uri"], query["state"]
        return _PAGE.format(
            client=html.escape(query["client_id"]),
            scope=html.escape(query.get("scope", "")),
            user=html.escape(query.get("login_hint", "")),
            allow=html.escape(f"{back}?{urlencode({'code': code, 'state': state})}"),
            deny=html.escape(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}"),
        )

    def _tokens(self, request: Request) -> HttpAnswer:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        if self.failing:
            return _json(*self.failing.pop(0))
        if not self._knows(form, request.headers.get("authorization", "")):
            return _json(401, {"error": "invalid_client", "error_description": "Unknown client or wrong secret."})
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh(form)
            case "client_credentials":
                return _json(200, self._given(for_itself=True))
            case _:
                return _json(400, {"error": "unsupported_grant_type"})

    def _knows(self, form: Mapping[str, str], header: str) -> bool:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if header.startswith("Basic "):
            name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            given = (unquote(name), unquote(secret))
        return given == (self.client_id, self.client_secret)

    def _by_code(self, form: Mapping[str, str]) -> HttpAnswer:
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return _json(400, {"error": "invalid_grant", "error_description": "This code is not good."})
        return _json(200, self._given())

    def _by_refresh(self, form: Mapping[str, str]) -> HttpAnswer:
        token = form.get("refresh_token", "")
        if token not in self._refresh:
            # A token that comes twice was stolen from somebody: all are taken back (RFC 9700 section 4.14.2).
            self.revoke()
            return _json(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        if not self.rotates:
            return _json(200, self._given(for_itself=True))
        self._refresh.discard(token)
        return _json(200, self._given())

    def _given(self, *, for_itself: bool = False) -> dict[str, Any]:
        access, refresh = "access-" + secrets.token_urlsafe(24), "refresh-" + secrets.token_urlsafe(24)
        self._access.add(access)
        given = {"access_token": access, "token_type": "Bearer", "expires_in": self.lasts}
        if for_itself:
            return given
        self._refresh.add(refresh)
        return given | {"refresh_token": refresh}


def _json(status: int, body: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": "application/json"}, json.dumps(body).encode())
