"""Coming in: the first administrator, signing in and out, oneself, one-time links."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from inbox.api.auth import Caller, clear_cookie, cookie_name, require, set_cookie
from inbox.api.json import Json
from inbox.api.mailing import mail_reset
from inbox.api.people_bodies import (
    AcceptedLink,
    Credentials,
    Forgotten,
    MeChange,
    OpenedLink,
    PasswordChange,
    Setup,
)
from inbox.api.people_shapes import LinkShape, MeShape, SetupShape, me_view
from inbox.api.proxies import network_of
from inbox.api.services import services
from inbox.app import limits, links, passwords, sign_in
from inbox.app.limits import Limit
from inbox.app.ports import Unit
from inbox.app.presence import manager_event, set_availability
from inbox.app.sign_in import Proved
from inbox.domain.manager import Availability
from inbox.errors import Invalid, LimitReached, NotSignedIn

router = APIRouter(prefix="/api/v1", tags=["session"])
log = structlog.get_logger()

Me = Annotated[Caller, require()]


@router.get("/setup", response_model=SetupShape)
async def get_setup(request: Request) -> Json:
    """Tell whether the first administrator is still to come."""
    async with services(request).units.reading() as unit:
        return Json({"needed": not await unit.managers.any()})


@router.post("/setup", status_code=201, response_model=MeShape)
async def set_up(request: Request, body: Setup) -> Json:
    """Create the first administrator with the link that the service printed."""
    here = services(request)
    await _spend(request, limits.LINK_FROM_NETWORK)
    async with here.units.reading() as unit:
        await links.check_setup(unit, body.token, now=here.clock())
    passwords.check_password(body.password)
    hashed = await passwords.hash_password(body.password)
    first = links.first_admin(body.email, body.name, body.locale)
    async with here.units(links.SETUP) as unit:
        proved = await links.create_first(unit, body.token, first, hashed, now=here.clock())
    if body.start == "demo" and here.edge.demo is not None:
        await here.edge.demo.start()
    return await _signed_in(request, proved)


@router.post("/session", status_code=201, response_model=MeShape)
async def start_session(request: Request, body: Credentials) -> Json:
    """Sign in."""
    here = services(request)
    async with here.units() as unit:
        attempt = await sign_in.begin(unit, body.email, _network(request), now=here.clock())
    try:
        proved = await sign_in.prove(attempt, body.password)
    except (NotSignedIn, LimitReached) as error:
        log.warning("session.refused", code=error.code, manager=attempt.account and str(attempt.account.manager_id))
        raise
    async with here.units() as unit:
        await sign_in.welcome(unit, attempt)
    return await _signed_in(request, proved)


@router.delete("/session", status_code=204)
async def end_session(request: Request, caller: Me) -> Response:
    """Sign out."""
    here = services(request)
    if caller.session is not None:
        async with here.units() as unit:
            await unit.auth.end_session(caller.session)
            manager = await unit.managers.find(caller.me)
            await set_availability(unit, manager, Availability.OFFLINE, now=here.clock())
    answer = Response(status_code=204)
    clear_cookie(answer, public_url=here.edge.public_url)
    return answer


@router.get("/me", response_model=MeShape)
async def get_me(request: Request, caller: Me) -> Json:
    """Show oneself."""
    async with services(request).units.reading() as unit:
        return Json(me_view(await unit.managers.find(caller.me)))


@router.patch("/me", response_model=MeShape)
async def change_me(request: Request, caller: Me, body: MeChange) -> Json:
    """Change one's own name, language, availability or capacity."""
    here = services(request)
    fields = body.model_dump(exclude_none=True, exclude={"availability"})
    if "languages" in fields:
        fields["languages"] = tuple(fields["languages"])
    async with here.units() as unit:
        manager = await unit.managers.find(caller.me)
        if fields:
            manager = await unit.managers.save(replace(manager, **fields))
            unit.record(manager_event(manager))
        if body.availability is not None:
            manager = await set_availability(unit, manager, Availability(body.availability), now=here.clock())
    return Json(me_view(manager))


@router.post("/me/password", status_code=204)
async def change_password(request: Request, caller: Me, body: PasswordChange) -> Response:
    """Choose another password; every other session of the manager ends."""
    here = services(request)
    async with here.units() as unit:
        me = await unit.managers.find(caller.me)
        attempt = await sign_in.begin(unit, me.email, _network(request), now=here.clock())
    try:
        await sign_in.prove(attempt, body.current)
    except NotSignedIn as error:
        raise Invalid("The current password is wrong.", pointer="/current") from error
    passwords.check_password(body.new, pointer="/new")
    hashed = await passwords.hash_password(body.new)
    async with here.units() as unit:
        await sign_in.welcome(unit, attempt)
        proved = await sign_in.change_password(unit, me.id, hashed)
        token = await _open(request, unit, proved)
    answer = Response(status_code=204)
    set_cookie(answer, token, public_url=here.edge.public_url)
    return answer


@router.post("/links/open", response_model=LinkShape)
async def open_link(request: Request, body: OpenedLink) -> Json:
    """Tell what a one-time link is good for, without using it up."""
    here = services(request)
    await _spend(request, limits.LINK_FROM_NETWORK)
    async with here.units.reading() as unit:
        link, manager = await links.open_link(unit, body.token, now=here.clock())
    return Json({"purpose": link.purpose.value, "email": manager.email, "name": manager.name})


@router.post("/links/accept", status_code=201, response_model=MeShape)
async def accept_link(request: Request, body: AcceptedLink) -> Json:
    """Choose a password by a one-time link, and be signed in."""
    here = services(request)
    await _spend(request, limits.LINK_FROM_NETWORK)
    async with here.units.reading() as unit:
        await links.open_link(unit, body.token, now=here.clock())
    passwords.check_password(body.password)
    hashed = await passwords.hash_password(body.password)
    async with here.units() as unit:
        proved = await links.accept(unit, body.token, hashed, name=body.name, locale=body.locale, now=here.clock())
    return await _signed_in(request, proved)


@router.post("/password-reset", status_code=202)
async def reset_password(request: Request, body: Forgotten) -> Response:
    """Ask for a new password; the answer is the same whether or not anybody has the address."""
    await _spend(request, limits.RESET_FROM_NETWORK)
    # Looked up after the answer has left, so that not even its time tells.
    return Response(status_code=202, background=BackgroundTask(mail_reset, services(request), body.email))


async def _signed_in(request: Request, proved: Proved) -> Json:
    here = services(request)
    async with here.units() as unit:
        token = await _open(request, unit, proved)
        manager = await unit.managers.find(proved.manager_id)
        manager = await set_availability(unit, manager, Availability.ONLINE, now=here.clock())  # who signs in works
    log.info("session.opened", manager=str(proved.manager_id))
    answer = Json(me_view(manager), status_code=201)
    set_cookie(answer, token, public_url=here.edge.public_url)
    return answer


async def _open(request: Request, unit: Unit, proved: Proved) -> str:
    here = services(request)
    before = request.cookies.get(cookie_name(here.edge.public_url))
    agent = request.headers.get("user-agent")
    return await sign_in.open_session(unit, proved, agent=agent, now=here.clock(), before=before)


async def _spend(request: Request, limit: Limit) -> None:
    here = services(request)
    async with here.units() as unit:
        wait = await limits.spend(unit, (limit, _network(request)), now=here.clock())
    if wait:
        raise LimitReached(wait)


def _network(request: Request) -> str:
    return network_of(request.client.host) if request.client else "local"
