"""The two documents of the contract: REST as OpenAPI 3.1, the stream's frames as JSON Schema."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from inbox.api.auth import Require
from inbox.api.shapes import CampaignShape, ClientShape, EventShape, Id, MessageShape, Shape, TicketShape
from inbox.domain.events import EventType

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457, with a stable `code`",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
_REFUSED = {
    "description": "refused",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "inbox", "description": "a manager's browser"},
    "key": {"type": "http", "scheme": "bearer", "description": "an API key with scopes"},
}


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application, with problems instead of the framework's own errors."""
    document = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", description=app.description, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = _SECURITY
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = _REFUSED
            operation.update(_asked(app.state.guards.get((path, method))))
    return document


def _asked(guard: Require | None) -> dict[str, Any]:
    """Say who may do something: managers of a role, programs whose key has a scope; nothing for what is public."""
    if guard is None:
        return {"security": []}
    programs = [{"key": [guard.scope.value]}] if guard.scope else []
    return {"security": [{"session": []}, *programs], "x-role": guard.role.value}


class TicketFact(Shape):
    """The data of an event about a ticket: the whole ticket as it is then."""

    ticket: TicketShape


class OtherTicket(Shape):
    """The other of two tickets."""

    id: Id
    number: int


class MovedFact(TicketFact):
    """The data of events about messages that moved: fetch those of this ticket anew."""

    other: OtherTicket


class MessageFact(TicketFact):
    """The data of an event about a message; long texts and HTML are left out (`truncated`)."""

    message: MessageShape


class ChangeFact(TicketFact):
    """The data of `ticket.changed`."""

    before: dict[str, Any]


class ClockFact(TicketFact):
    """The data of `clock.fired`."""

    clock: str


_ANY = {"type": "object"}
_DATA: dict[EventType, type[Shape] | dict[str, Any]] = {
    EventType.TICKET_CREATED: TicketFact,
    EventType.TICKET_CHANGED: ChangeFact,
    EventType.TICKET_ASSIGNED: TicketFact,
    EventType.TICKET_RELEASED: TicketFact,
    EventType.TICKET_MERGED: MovedFact,
    EventType.TICKET_UNMERGED: MovedFact,
    EventType.TICKET_SPLIT: MovedFact,
    EventType.TICKET_UNSPLIT: MovedFact,
    EventType.MESSAGE_RECEIVED: MessageFact,
    EventType.MESSAGE_QUEUED: MessageFact,
    EventType.MESSAGE_EDITED: MessageFact,
    EventType.MESSAGE_DELETED: MessageFact,
    EventType.MESSAGE_DELIVERY: MessageFact,
    EventType.NOTE_ADDED: MessageFact,
    EventType.CALL_CHANGED: MessageFact,
    EventType.CLOCK_FIRED: ClockFact,
    EventType.CAMPAIGN_CHANGED: create_model("CampaignFact", __base__=Shape, campaign=(CampaignShape, ...)),
    EventType.CLIENT_CHANGED: create_model("ClientFact", __base__=Shape, client=(ClientShape, ...)),
    EventType.CONTACT_CHANGED: _ANY,
    EventType.INBOX_CHANGED: _ANY,
    EventType.MANAGER_CHANGED: _ANY,
    EventType.QUARANTINE_CHANGED: _ANY,
    EventType.ROUTING_CHANGED: _ANY,
}


def events_document() -> dict[str, Any]:
    """Return the JSON Schema of one event of the stream, its data by its type."""
    models: set[type[BaseModel]] = {EventShape, *(m for m in _DATA.values() if isinstance(m, type))}
    asked: list[tuple[type[BaseModel], Literal["serialization"]]] = [(model, "serialization") for model in models]
    _, shared = models_json_schema(asked, ref_template="#/$defs/{model}")
    kinds = [
        {
            "properties": {
                "type": {"const": kind.value},
                "data": {"$ref": f"#/$defs/{model.__name__}"} if isinstance(model, type) else model,
            }
        }
        for kind, model in _DATA.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Crowd Inbox: an event of the stream",
        "$ref": "#/$defs/EventShape",
        "oneOf": kinds,
        "$defs": dict(sorted(shared["$defs"].items())),
    }
