"""The demo: whether it runs, and starting and stopping it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from inbox.api.auth import Caller, require
from inbox.api.edge import Demo
from inbox.api.json import Json
from inbox.api.services import services
from inbox.api.shapes import Shape
from inbox.domain.manager import Role
from inbox.errors import NotFound

router = APIRouter(prefix="/api/v1/demo", tags=["demo"])

Reads = Annotated[Caller, require()]
Admins = Annotated[Caller, require(role=Role.ADMIN)]


class DemoShape(Shape):
    """What a screen needs to know of the demo."""

    running: bool
    demo_url: str | None


@router.get("", response_model=DemoShape)
async def show_demo(request: Request, caller: Reads) -> Json:
    """Tell whether the simulated crowd writes, and where the page with the widget is."""
    del caller
    demo = services(request).edge.demo
    return Json({"running": demo is not None and demo.is_running, "demo_url": demo.page if demo else None})


@router.post("/start", status_code=204, response_class=Response)
async def start_demo(request: Request, caller: Admins) -> Response:
    """Fill an empty installation with demo data, and let the simulated crowd write."""
    del caller
    await _demo(request).start()
    return Response(status_code=204)


@router.post("/stop", status_code=204, response_class=Response)
async def stop_demo(request: Request, caller: Admins) -> Response:
    """Let the simulated crowd fall silent; what it said stays."""
    del caller
    await _demo(request).stop()
    return Response(status_code=204)


def _demo(request: Request) -> Demo:
    demo = services(request).edge.demo
    if demo is None:
        raise NotFound("There is no demo in this service.")
    return demo
