"""The consent of the owners of accounts that inboxes work for (OAuth 2.0)."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.bodies import Strict
from inbox.api.json import Json
from inbox.api.services import services
from inbox.api.shapes import Id, Shape, Time
from inbox.app import consents
from inbox.app.opened import Opened
from inbox.domain.ids import InboxId
from inbox.domain.manager import Role
from inbox.errors import NotFound

router = APIRouter(prefix="/api/v1/inboxes", tags=["inboxes"])

Admins = Annotated[Caller, require(role=Role.ADMIN, scope="inboxes:admin")]


class ConsentShape(Shape):
    """Whether an inbox works for an account whose owner has to consent, and has."""

    needed: bool
    state: Literal["missing", "given", "refused"] | None
    given_at: Time | None
    redirect_uri: str = Field(description="What is entered where the application is registered")


class AskedShape(Shape):
    """Where the owner's browser goes."""

    url: str


class ConsentAnswer(Strict):
    """What the owner's browser came back with."""

    state: str = Field(max_length=200)
    code: str | None = Field(None, max_length=4_000)
    error: str | None = Field(None, max_length=200)


class ConnectedShape(Shape):
    """That an inbox was connected, and whether it works."""

    inbox_id: Id
    ok: bool
    note: str
    field: str | None


@router.get("/{inbox_id}/consent", response_model=ConsentShape)
async def show(request: Request, caller: Admins, inbox_id: UUID) -> Json:
    """Tell whether an inbox needs a consent and has it."""
    here = services(request)
    opened = await _opened(request, caller, inbox_id)
    async with here.units.reading() as unit:
        return Json(await consents.consent_view(unit, opened, site=here.edge.public_url))


@router.post("/{inbox_id}/consent", status_code=201, response_model=AskedShape)
async def begin(request: Request, caller: Admins, inbox_id: UUID) -> Json:
    """Ask for a consent: the browser of the account's owner goes to the URL, and comes back to the desk."""
    here = services(request)
    opened = await _opened(request, caller, inbox_id)
    async with here.units() as unit:
        url = await consents.begin(unit, opened, by=caller.label, site=here.edge.public_url, now=here.clock())
    return Json({"url": url}, status_code=201)


@router.post("/consent", response_model=ConnectedShape)
async def finish(request: Request, caller: Admins, body: ConsentAnswer) -> Json:
    """Bring the answer back, by whoever asked; the inbox is tried at once."""
    here = services(request)
    answer = consents.Answer(body.state, body.code, body.error)
    async with here.units() as unit:
        inbox_id, asked = await consents.take_asked(unit, answer, caller.access, by=caller.label, now=here.clock())
    opened = await here.inboxes.get(inbox_id)
    site = here.edge.public_url
    saved = await consents.redeem(here.units, opened, asked, answer, site=site, now=here.clock())
    await here.inboxes.forget(saved.id)
    health = await (await here.inboxes.get(saved.id)).connection.check()
    return Json({"inbox_id": str(saved.id), "ok": health.ok, "note": health.note, "field": health.field})


@router.delete("/{inbox_id}/consent", status_code=204, response_class=Response)
async def forget(request: Request, caller: Admins, inbox_id: UUID) -> Response:
    """Throw a consent away."""
    here = services(request)
    opened = await _opened(request, caller, inbox_id)
    async with here.units() as unit:
        saved = await consents.forget(unit, opened.inbox.id)
    await here.inboxes.forget(saved.id)
    return Response(status_code=204)


async def _opened(request: Request, caller: Caller, inbox_id: UUID) -> Opened:
    if not caller.access.sees(InboxId(inbox_id)):
        raise NotFound("There is no such inbox.")
    return await services(request).inboxes.get(InboxId(inbox_id))
