"""What pushing channels are sent: verified by the channel, stored before it is acknowledged."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.routing import Route

from inbox.api.json import Json
from inbox.api.services import services
from inbox.app.intake import take_call
from inbox.app.receive import Outcome
from inbox.channel.model import WebhookCall
from inbox.domain.ids import InboxId

router = APIRouter(tags=["hooks"])


def straight_routes() -> list[Route]:
    """Return a shorter way to `take`: a busy platform goes it by the hundred each second."""

    async def straight(request: Request) -> Response:
        return await take(request, request.path_params["inbox_id"])

    return [Route("/hooks/{inbox_id:uuid}", straight, methods=["POST"])]


@router.post("/hooks/{inbox_id}", status_code=202)
@router.post("/hooks/{inbox_id}/{rest:path}", status_code=202)
async def take(request: Request, inbox_id: UUID, rest: str = "") -> Response:
    """Take a webhook call: 202 is stored, 200 was here before, 4xx is refused for good."""
    at_hand = services(request)
    call = WebhookCall(
        method=request.method,
        path=rest,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.headers.raw)},
        query=dict(request.query_params),
        body=await request.body(),
        at=at_hand.clock(),
    )
    outcome, answer = await take_call(at_hand.door, InboxId(inbox_id), call)
    if answer is not None:
        return Response(answer, media_type="application/json")
    return Json({"status": str(outcome)}, status_code=200 if outcome == Outcome.DUPLICATE else 202)
