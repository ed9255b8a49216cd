"""Builds the application from services already made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from inbox.api import (
    api_keys,
    board,
    campaigns,
    consents,
    contacts,
    demo,
    events,
    files,
    hooks,
    inboxes,
    live,
    managers,
    messages,
    moving,
    operation,
    pages,
    pictures,
    quarantine,
    rehearsal,
    routing,
    session,
    suppressions,
    tickets,
    visitor,
    visitor_files,
    visitor_uploads,
    web,
)
from inbox.api.auth import guards
from inbox.api.live import Screens
from inbox.api.middleware import Gate
from inbox.api.problems import answer_problems
from inbox.api.services import Services

_ROUTERS = (
    operation,
    session,
    tickets,
    moving,
    board,
    messages,
    pages,
    pictures,
    files,
    contacts,
    campaigns,
    consents,
    inboxes,
    managers,
    api_keys,
    quarantine,
    suppressions,
    routing,
    rehearsal,
    events,
    demo,
    live,
    hooks,
    visitor,
    visitor_files,
    visitor_uploads,
)
_DESCRIPTION = "One live queue for the chats, comments, mails and calls of a crowd platform."


def create_app(services: Services) -> FastAPI:
    """Return the application: REST, webhooks, sockets and the built front end."""
    app = routed()
    app.state.services = services
    app.state.screens = Screens()
    app.include_router(web.router_for(services.edge.web))
    app.add_middleware(hooks.StraightHooks)
    app.add_middleware(Gate, public_url=services.edge.public_url, trusted_proxies=services.edge.trusted_proxies)
    return app


def routed() -> FastAPI:
    """Return the application with its routes alone, as the OpenAPI document describes it."""
    app = FastAPI(
        title="Crowd Inbox",
        version="1",
        description=_DESCRIPTION,
        openapi_url=None,  # the committed document is the contract
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nobody collects it, and each request would ask
        lifespan=_lifespan,
    )
    for module in _ROUTERS:
        app.include_router(module.router)
    app.state.guards = guards(module.router for module in _ROUTERS)
    answer_problems(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(app.state.screens.watch(app.state.services))
        with suppress(asyncio.CancelledError):
            yield
        watching.cancel()
