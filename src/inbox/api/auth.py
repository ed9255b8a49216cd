"""Who is calling, and whether they may: asked by every route and socket."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from inbox.api.services import Services, services
from inbox.domain.credentials import ABSOLUTE, TOUCHED, ApiKey, Scope, SignedIn, hash_of, prefix_of
from inbox.domain.ids import ApiKeyId, ManagerId
from inbox.domain.manager import Access, Role
from inbox.errors import Forbidden, NotSignedIn

_LONGEST_TOKEN = 128  # characters


@dataclass(frozen=True, slots=True)
class Caller:
    """A manager's browser, or a program with an API key."""

    access: Access
    name: str
    role: Role | None = None  # None: a program
    scopes: frozenset[Scope] = frozenset()  # of a program; a manager's role decides instead
    manager_id: ManagerId | None = None
    api_key_id: ApiKeyId | None = None
    session: bytes | None = None  # by which a socket asks whether it still holds

    @property
    def label(self) -> str:
        """Return what tells this caller from all others."""
        return f"manager:{self.manager_id}" if self.manager_id else f"key:{self.api_key_id}"

    @property
    def me(self) -> ManagerId:
        """Return who the manager is; raise Forbidden for a program, which is nobody."""
        if self.manager_id is None:
            raise Forbidden("An API key cannot do this: it is no manager.")
        return self.manager_id


class Require:
    """Lets managers of a role in, and programs with a scope; without a scope no program."""

    def __init__(self, role: Role, scope: Scope | None) -> None:
        self.role = role
        self.scope = scope

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Return the caller; raise NotSignedIn or Forbidden."""
        caller = await caller_of(connection)
        self.check(caller)
        return caller

    def check(self, caller: Caller) -> None:
        """Raise Forbidden if this caller may not come in."""
        if caller.role is None:
            if self.scope is None or self.scope not in caller.scopes:
                raise Forbidden(f"This needs the scope {self.scope}." if self.scope else "An API key cannot do this.")
        elif not caller.role.includes(self.role):
            raise Forbidden(f"This needs the role {self.role.value}.")


def require(*, role: Role = Role.MANAGER, scope: Scope | str | None = None) -> Any:  # noqa: ANN401 - as Depends
    """Return what a route depends on.

    caller: Annotated[Caller, require(role=Role.ADMIN, scope="inboxes:admin")]
    """
    return Depends(Require(role, Scope(scope) if scope else None))


def guards(routers: Iterable[APIRouter]) -> dict[tuple[str, str], Require]:
    """Return what each operation asks of its caller, by path and method; public ones are left out."""
    found: dict[tuple[str, str], Require] = {}
    for route in (each for router in routers for each in router.routes if isinstance(each, APIRoute)):
        for guard in (each.call for each in route.dependant.dependencies if isinstance(each.call, Require)):
            found |= {(route.path_format, method.lower()): guard for method in route.methods or ()}
    return found


async def caller_of(connection: HTTPConnection) -> Caller:
    """Return who is calling; raise NotSignedIn.

    Nothing is remembered between requests, so what was revoked is refused from the next one on.
    """
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        return await _program(services(connection), authorization)
    return await _manager(connection)


async def callers_of(here: Services, sessions: Sequence[bytes]) -> dict[bytes, Caller]:
    """Return the callers of those sessions that still hold, with their rights as they are now; for open sockets."""
    async with here.units.reading() as unit:
        found = await unit.auth.signed_in(sessions, now=here.clock())
    return {each.token_hash: _as_caller(each) for each in found}


def cookie_name(public_url: str) -> str:
    """Return the session cookie's name; browsers hold `__Host-` to Secure and to one host (RFC 6265bis)."""
    return "__Host-inbox" if public_url.startswith("https:") else "inbox"


def set_cookie(response: Response, token: str, *, public_url: str) -> None:
    """Hand a browser its session."""
    response.set_cookie(
        cookie_name(public_url),
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=public_url.startswith("https:"),
    )


def clear_cookie(response: Response, *, public_url: str) -> None:
    """Take a browser's session away."""
    secure = public_url.startswith("https:")
    response.delete_cookie(cookie_name(public_url), httponly=True, samesite="strict", secure=secure)


async def _manager(connection: HTTPConnection) -> Caller:
    here = services(connection)
    token = connection.cookies.get(cookie_name(here.edge.public_url))
    if token is None or len(token) > _LONGEST_TOKEN:
        raise NotSignedIn
    now = here.clock()
    async with here.units.reading() as unit:
        found = await unit.auth.signed_in([hash_of(token)], now=now)
    if not found:
        raise NotSignedIn
    # A screen that reconnects by itself is no sign of a person.
    if connection.scope["type"] == "http" and now - found[0].used_at >= TOUCHED:
        async with here.units() as unit:
            await unit.auth.touch_session(found[0].token_hash, now=now)
    return _as_caller(found[0])


async def _program(here: Services, authorization: str) -> Caller:
    scheme, _, token = authorization.partition(" ")
    prefix = prefix_of(token.strip()) if scheme.lower() == "bearer" else None
    if prefix is None:
        raise NotSignedIn("This is no API key.")
    now = here.clock()
    async with here.units.reading() as unit:
        key = await unit.auth.api_key(prefix)
    if key is None or not hmac.compare_digest(key.secret_hash, hash_of(token.strip())):
        raise NotSignedIn("This API key is not valid.")
    if key.used_at is None or now - key.used_at >= TOUCHED:
        async with here.units() as unit:
            await unit.auth.touch_api_key(key.id, now=now)
    return _as_program(key)


def _as_caller(found: SignedIn) -> Caller:
    return Caller(
        access=found.access,
        name=found.name,
        role=found.role,
        manager_id=found.manager_id,
        session=found.token_hash,
    )


def _as_program(key: ApiKey) -> Caller:
    return Caller(access=key.access, name=key.name, scopes=key.scopes, api_key_id=key.id)
