"""`WS /chat/{inbox_id}`: lets visitors of allowed sites in, and finds out who they are."""

from __future__ import annotations

import asyncio
import secrets
from uuid import UUID

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from inbox.api.services import Services, services
from inbox.api.visitor_chat import Admitted, VisitorChat, hashed
from inbox.api.visitor_frames import Close, FrameRejected, Hello, Refusal
from inbox.api.visitor_hub import VisitorHub, hub_of
from inbox.api.visitor_limits import counted_address
from inbox.api.visitor_uploads import origin_allowed
from inbox.api.visitor_wire import Closed, Wire, first_of
from inbox.app import visit
from inbox.app.opened import Opened
from inbox.channel.contract import Visits
from inbox.channel.model import Sender
from inbox.domain.ids import InboxId
from inbox.errors import InboxError, Invalid, NotFound, NotSignedIn, SignatureRejected

router = APIRouter()


# A route of Starlette's: FastAPI's own keeps its dependency machinery alive for each open socket, some KiB of it.
async def chat(websocket: WebSocket) -> None:
    """Serve one visitor until one of us hangs up."""
    inbox_id: UUID = websocket.path_params["inbox_id"]
    hub = hub_of(websocket)
    wire = Wire(websocket, hub.limits)
    await websocket.accept()
    try:
        await _serve(websocket, wire, hub, InboxId(inbox_id))
    except* WebSocketDisconnect:
        pass
    except* Closed as group:
        await wire.hang_up(first_of(group))
    except* InboxError:
        await wire.hang_up(Closed(Close.SERVER_ERROR, Refusal.SERVER_ERROR, reconnect=True))


router.add_websocket_route("/chat/{inbox_id:uuid}", chat, name="chat")


async def _serve(websocket: WebSocket, wire: Wire, hub: VisitorHub, inbox_id: InboxId) -> None:
    here = services(websocket)
    address = counted_address(websocket.client.host if websocket.client else None)
    with hub.counted(address) as is_welcome:
        if not is_welcome:
            raise Closed(Close.RATE_LIMITED, "too many connections", reconnect=True)
        opened, visits = await _inbox(here, hub, inbox_id)
        _check_origin(websocket, visits)
        hello = await _hello(wire, within=hub.limits.hello)
        if hello.session is None:
            _check_sessions(hub, address)
        admitted = await _admit(here, opened, visits, hello)
        if hub.tabs(admitted.guest.visitor.id) >= hub.limits.sockets_of_visitor:
            raise Closed(Close.RATE_LIMITED, "too many tabs", reconnect=True)
        await VisitorChat(here, hub, wire, admitted).run()


async def _inbox(here: Services, hub: VisitorHub, inbox_id: InboxId) -> tuple[Opened, Visits]:
    try:
        opened = await here.inboxes.get(inbox_id)
    except NotFound as error:
        raise Closed(Close.UNKNOWN_INBOX, Refusal.UNKNOWN_INBOX) from error
    if not isinstance(opened.connection, Visits) or not opened.inbox.active:
        raise Closed(Close.UNKNOWN_INBOX, Refusal.UNKNOWN_INBOX)
    if not hub.is_current(opened.inbox):
        raise Closed(Close.GOING_AWAY, "settings", reconnect=True)
    return opened, opened.connection


def _check_origin(websocket: WebSocket, visits: Visits) -> None:
    if not origin_allowed(websocket.headers.get("origin"), websocket.headers.get("host"), visits):
        raise Closed(Close.ORIGIN_DENIED, Refusal.ORIGIN_DENIED)


async def _hello(wire: Wire, *, within: float) -> Hello:
    try:
        frame = await wire.receive(within=within)
    except FrameRejected as error:
        raise Closed(Close.BAD_HELLO, Refusal.BAD_HELLO) from error
    if not isinstance(frame, Hello):
        raise Closed(Close.BAD_HELLO, Refusal.BAD_HELLO)
    return frame


def _check_sessions(hub: VisitorHub, address: str | None) -> None:
    if address is not None and hub.sessions.wait(address, asyncio.get_running_loop().time()):
        raise Closed(Close.RATE_LIMITED, "too many new sessions", reconnect=True)


async def _admit(here: Services, opened: Opened, visits: Visits, hello: Hello) -> Admitted:
    signed = _signed(visits, hello)
    fresh = secrets.token_urlsafe(32)
    try:
        async with here.units() as unit:
            guest = await visit.arrive(
                unit,
                opened.inbox.id,
                presented=hashed(hello.session) if hello.session else None,
                fresh=hashed(fresh),
                signed=signed,
                now=here.clock(),
            )
            named = signed or _named(visits, hello)
            guest = await visit.reached_at(unit, guest, named, now=here.clock())
    except NotSignedIn as error:
        raise Closed(Close.UNAUTHORIZED, Refusal.UNAUTHORIZED, reconnect=True) from error
    return Admitted(opened, visits, hello, guest, session=fresh if guest.is_new else hello.session or fresh)


def _named(visits: Visits, hello: Hello) -> Sender | None:
    """Return who a visitor says they are; a form that is not filled in is asked for with the first message."""
    try:
        return visits.identify(None, hello.form) if hello.form else None
    except Invalid:
        return None


def _signed(visits: Visits, hello: Hello) -> Sender | None:
    if hello.identity_token is None:
        return None
    try:
        return visits.identify(hello.identity_token, {})
    except SignatureRejected as error:
        raise Closed(Close.IDENTITY_INVALID, Refusal.IDENTITY_INVALID) from error
