"""What pushing channels are sent: verified by the channel, stored before it is acknowledged."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from inbox.api.json import Json
from inbox.api.problems import problem_of, problem_of_status
from inbox.api.services import services
from inbox.app.intake import take_call
from inbox.app.receive import Outcome
from inbox.channel.model import WebhookCall
from inbox.domain.ids import InboxId
from inbox.errors import InboxError

_AT = "/hooks/"

router = APIRouter(tags=["hooks"])


class StraightHooks:
    """A shorter way to `take`, past the framework's routing: a busy platform goes it by the hundred each second."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call at an inbox's own address; leave everything else to the routes."""
        inbox_id = _called(scope)
        if inbox_id is None:
            await self._app(scope, receive, send)
            return
        answer = await _answered(Request(scope, receive), inbox_id)
        await answer(scope, receive, send)


def _called(scope: Scope) -> UUID | None:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(_AT):
        return None
    try:
        return UUID(scope["path"].removeprefix(_AT))
    except ValueError:
        return None


async def _answered(request: Request, inbox_id: UUID) -> Response:
    try:
        return await take(request, inbox_id)
    except InboxError as error:
        return problem_of(error)
    except HTTPException as error:
        return problem_of_status(error.status_code)


@router.post("/hooks/{inbox_id}", status_code=202)
@router.post("/hooks/{inbox_id}/{rest:path}", status_code=202)
async def take(request: Request, inbox_id: UUID, rest: str = "") -> Response:
    """Take a webhook call: 202 is stored, 200 was here before, 4xx is refused for good."""
    at_hand = services(request)
    call = WebhookCall(
        method=request.method,
        path=rest,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.headers.raw)},
        query=dict(request.query_params) if request.scope["query_string"] else {},
        body=await request.body(),
        at=at_hand.clock(),
    )
    outcome, answer = await take_call(at_hand.door, InboxId(inbox_id), call)
    if answer is not None:
        return Response(answer, media_type="application/json")
    return Json({"status": str(outcome)}, status_code=200 if outcome == Outcome.DUPLICATE else 202)
