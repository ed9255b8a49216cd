"""Every operation of the API: who may do it, what it touches, and a request that works for whoever may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inbox.domain.manager import Role

# What an operation touches decides who else is kept out: `ticket` things are seen through their inbox and their
# campaign, `inbox` things through the inbox, `campaign` things through the campaign.
Bound = Literal["nothing", "ticket", "inbox", "campaign"]
Ids = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One operation."""

    ok: int  # what the right caller gets
    role: Role | None = Role.MANAGER  # None: everybody
    scope: str | None = None  # None: no program
    bound: Bound = "nothing"
    body: Callable[[Ids], Any] | None = None  # of a request that works
    query: str = ""
    content: bytes | None = None  # instead of JSON
    at: Mapping[str, str] = field(default_factory=dict)  # other ids for the path
    once: bool = False  # a second right caller would find it done
    everywhere: bool = False  # whoever is kept to some inboxes is refused
    in_all: bool = False  # and so is whoever is kept to some campaigns
    by_managers: bool = False  # a program that has the scope is refused all the same: it is nobody


def _just(body: Any) -> Callable[[Ids], Any]:
    return lambda _ids: body


_LONG = "a quite long password"
_READ, _WRITE = "tickets:read", "tickets:write"
_CALL = {"direction": "inbound", "at": "2026-03-01T09:00:00Z", "duration": 60, "outcome": "reached"}
_LEAD, _ADMIN = Role.LEAD, Role.ADMIN

_HOURS = {"zone": "Europe/Berlin", "days": [0, 4], "since": "22:00", "until": "06:00"}


def _rulebook(ids: Ids) -> dict[str, Any]:
    when = {"inboxes": [ids["inbox"]], "campaigns": [ids["campaign"]], "clients": [ids["client"]], "hours": _HOURS}
    then = {"team_id": ids["team_id"], "skills": ["tax"], "priority": 2, "lane": "thank", "tags": ["t"], "target": 5}
    rule = {"id": "r-1", "name": "R", "when": {**when, "words": ["danke"], "asks": False}, "then": then}
    return {"stop": "first", "rules": [rule], "weights": {"chat": 30}, "inbox_targets": {ids["inbox"]: 60}}


TABLE: dict[str, Row] = {
    # Coming in
    "GET /livez": Row(200, None),
    "GET /readyz": Row(200, None),
    "GET /api/v1/setup": Row(200, None),
    "POST /api/v1/setup": Row(
        404, None, body=_just({"token": "x" * 43, "name": "N", "email": "n@y.example", "password": _LONG})
    ),
    "POST /api/v1/session": Row(401, None, body=_just({"email": "n@y.example", "password": _LONG})),
    "POST /api/v1/password-reset": Row(202, None, body=_just({"email": "n@y.example"})),
    "POST /api/v1/links/open": Row(200, None, body=lambda ids: {"token": ids["link"]}),
    "POST /api/v1/links/accept": Row(404, None, body=_just({"token": "x" * 43, "password": _LONG})),
    "POST /hooks/{inbox_id}": Row(401, None, content=b"{}"),
    "POST /hooks/{inbox_id}/{rest}": Row(401, None, content=b"{}", at={"rest": "token"}),
    "GET /chat/{inbox_id}/files/{attachment_id}": Row(
        404, None, query="visitor=01a20258-52e1-77a9-b2c4-e3f0b683472e&until=9999999999&proof=x"
    ),
    # Decided by the page's origin and the session's token, neither of which any of these callers has.
    "OPTIONS /chat/{inbox_id}/files": Row(404, None),
    "POST /chat/{inbox_id}/files": Row(404, None, query="name=a.txt", content=b"text"),
    # Oneself
    "DELETE /api/v1/session": Row(204),
    "GET /api/v1/me": Row(200),
    "PATCH /api/v1/me": Row(200, body=_just({"name": "N"})),
    "POST /api/v1/me/password": Row(422, body=_just({"current": "no", "new": _LONG})),
    # Tickets
    "GET /api/v1/tickets": Row(200, scope=_READ, bound="ticket", query="view=all"),
    "GET /api/v1/counters": Row(200, scope=_READ, bound="ticket"),
    "POST /api/v1/tickets": Row(
        201,
        scope=_WRITE,
        bound="inbox",
        by_managers=True,
        body=lambda ids: {"inbox_id": ids["phone"], "to": {"phone": "+4930111"}, "text": "x", "call": _CALL},
    ),
    "GET /api/v1/tickets/{ticket_id}": Row(200, scope=_READ, bound="ticket"),
    "PATCH /api/v1/tickets/{ticket_id}": Row(
        200, scope=_WRITE, bound="ticket", body=_just({"version": 1, "priority": 2})
    ),
    "POST /api/v1/tickets/{ticket_id}/claim": Row(200, scope=_WRITE, bound="ticket", by_managers=True),
    "POST /api/v1/tickets/{ticket_id}/release": Row(200, scope=_WRITE, bound="ticket"),
    "POST /api/v1/tickets/{ticket_id}/assign": Row(
        200, scope=_WRITE, bound="ticket", body=lambda ids: {"manager_id": ids["manager_id"]}
    ),
    "POST /api/v1/tickets/{ticket_id}/merge": Row(
        409, scope=_WRITE, bound="ticket", body=lambda ids: {"into": ids["ticket_id"]}
    ),
    "DELETE /api/v1/tickets/{ticket_id}/merge": Row(409, scope=_WRITE, bound="ticket"),
    "POST /api/v1/tickets/{ticket_id}/split": Row(
        201, scope=_WRITE, bound="ticket", once=True, body=lambda ids: {"messages": [ids["message_id"]]}
    ),
    "DELETE /api/v1/tickets/{ticket_id}/split": Row(409, scope=_WRITE, bound="ticket"),
    "POST /api/v1/tickets/{ticket_id}/accept": Row(409, scope=_WRITE, bound="ticket", by_managers=True),
    "POST /api/v1/tickets/{ticket_id}/extend": Row(409, scope=_WRITE, bound="ticket", by_managers=True),
    "POST /api/v1/tickets/{ticket_id}/decline": Row(409, scope=_WRITE, bound="ticket", by_managers=True),
    "GET /api/v1/tickets/{ticket_id}/why": Row(200, scope=_READ, bound="ticket"),
    "GET /api/v1/board": Row(200, _LEAD),
    "GET /api/v1/tickets/{ticket_id}/messages": Row(200, scope=_READ, bound="ticket"),
    "POST /api/v1/tickets/{ticket_id}/messages/{message_id}/forward": Row(
        422, scope=_WRITE, bound="ticket", body=_just({"to": [{"address": "a@x.example"}]}), by_managers=True
    ),
    "GET /api/v1/tickets/{ticket_id}/recipients": Row(200, scope=_READ, bound="ticket"),
    "POST /api/v1/tickets/{ticket_id}/messages": Row(
        201, scope=_WRITE, bound="ticket", by_managers=True, body=_just({"kind": "note", "text": "x", "last_seen": 2})
    ),
    "POST /api/v1/tickets/{ticket_id}/calls": Row(
        201, scope=_WRITE, bound="ticket", by_managers=True, body=_just({**_CALL, "text": "x"})
    ),
    "POST /api/v1/tickets/{ticket_id}/messages/{message_id}/retry": Row(200, scope=_WRITE, bound="ticket", once=True),
    "POST /api/v1/tickets/{ticket_id}/messages/{message_id}/withdraw": Row(
        409, scope=_WRITE, bound="ticket", by_managers=True
    ),
    "PATCH /api/v1/tickets/{ticket_id}/messages/{message_id}": Row(
        409, scope=_WRITE, bound="ticket", by_managers=True, body=_just({"unless_answered": True})
    ),
    "POST /api/v1/tickets/{ticket_id}/messages/{message_id}/send": Row(
        409, scope=_WRITE, bound="ticket", by_managers=True
    ),
    "POST /api/v1/tickets/{ticket_id}/signature": Row(200, scope=_READ, bound="ticket", body=_just({"text": "Hallo"})),
    "GET /api/v1/tickets/{ticket_id}/messages/{message_id}/page": Row(200, scope=_READ, bound="ticket"),
    "GET /api/v1/tickets/{ticket_id}/messages/{message_id}/raw": Row(404, scope=_READ, bound="ticket"),
    "GET /api/v1/tickets/{ticket_id}/messages/{message_id}/pictures": Row(200, scope=_READ, bound="ticket"),
    "PUT /api/v1/tickets/{ticket_id}/messages/{message_id}/pictures": Row(
        422, scope=_WRITE, bound="ticket", body=_just({"always": True})
    ),
    "GET /api/v1/picture-senders": Row(200, _LEAD, _WRITE, everywhere=True, in_all=True),
    "DELETE /api/v1/picture-senders/{address}": Row(
        404, _LEAD, _WRITE, at={"address": "nobody@x.example"}, everywhere=True, in_all=True
    ),
    # Decided by the proof in the address, which none of these callers has.
    "GET /pictures/{attachment_id}": Row(404, None, query="until=9999999999&proof=0"),
    "GET /pictures/remote/{path}": Row(404, None, query="until=9999999999&proof=0", at={"path": "aHR0cDovL3g"}),
    "POST /api/v1/uploads": Row(201, scope=_WRITE, by_managers=True, query="name=a.txt", content=b"text"),
    "GET /api/v1/attachments/{attachment_id}": Row(200, scope=_READ, bound="ticket"),
    # Contacts and campaigns
    "GET /api/v1/addresses": Row(200, scope="contacts:read", query="address=a@x.example"),
    "GET /api/v1/contacts": Row(200, scope="contacts:read", bound="ticket"),
    "GET /api/v1/contacts/{contact_id}": Row(200, scope="contacts:read", bound="ticket"),
    "PATCH /api/v1/contacts/{contact_id}": Row(
        200, scope="contacts:write", bound="ticket", body=_just({"language": "de"})
    ),
    "PUT /api/v1/contacts": Row(
        200,
        scope="contacts:write",
        body=_just({"name": "N", "identities": [{"kind": "email", "value": "n@y.example"}]}),
    ),
    "GET /api/v1/clients": Row(200, scope="campaigns:read"),
    "POST /api/v1/clients": Row(201, _LEAD, "campaigns:write", body=_just({"key": "c-2", "name": "N"})),
    "PUT /api/v1/clients/by-key/{key}": Row(
        200, _LEAD, "campaigns:write", body=_just({"name": "N"}), at={"key": "c-3"}
    ),
    "GET /api/v1/campaigns": Row(200, scope="campaigns:read", bound="campaign"),
    "POST /api/v1/campaigns": Row(201, _LEAD, "campaigns:write", body=_just({"key": "p-2", "name": "N"}), once=True),
    "PUT /api/v1/campaigns/by-key/{key}": Row(200, _LEAD, "campaigns:write", "campaign", body=_just({"phase": "live"})),
    "PATCH /api/v1/campaigns/{campaign_id}": Row(
        200, _LEAD, "campaigns:write", "campaign", body=_just({"version": 1, "phase": "live"})
    ),
    # Inboxes
    "GET /api/v1/channels": Row(200, scope="inboxes:read"),
    "GET /api/v1/inboxes": Row(200, scope="inboxes:read", bound="inbox"),
    "POST /api/v1/inboxes": Row(
        201,
        _ADMIN,
        "inboxes:admin",
        body=_just({"channel": "chat", "name": "N", "config": {}}),
        everywhere=True,
    ),
    "POST /api/v1/inboxes/check": Row(
        200,
        _ADMIN,
        "inboxes:admin",
        "inbox",
        body=lambda ids: {"channel": "comments", "config": {}, "inbox_id": ids["inbox"]},
    ),
    "PATCH /api/v1/inboxes/{inbox_id}": Row(
        200, _ADMIN, "inboxes:admin", "inbox", body=_just({"version": 1, "name": "N"})
    ),
    "DELETE /api/v1/inboxes/{inbox_id}": Row(
        204, _ADMIN, "inboxes:admin", "inbox", at={"inbox_id": "empty"}, once=True
    ),
    "GET /api/v1/inboxes/{inbox_id}/consent": Row(200, _ADMIN, "inboxes:admin", "inbox"),
    "POST /api/v1/inboxes/{inbox_id}/consent": Row(409, _ADMIN, "inboxes:admin", "inbox"),
    "DELETE /api/v1/inboxes/{inbox_id}/consent": Row(204, _ADMIN, "inboxes:admin", "inbox"),
    "POST /api/v1/inboxes/consent": Row(422, _ADMIN, "inboxes:admin", body=_just({"state": "s", "code": "c"})),
    "GET /api/v1/quarantine": Row(200, scope="quarantine:read", bound="inbox"),
    "GET /api/v1/quarantine/{original_id}/raw": Row(200, scope="quarantine:read", bound="inbox"),
    "POST /api/v1/quarantine/{original_id}/retry": Row(200, scope="quarantine:write", bound="inbox"),
    "GET /api/v1/events": Row(200, scope="events:read", bound="ticket"),
    "GET /api/v1/suppressions": Row(200, _LEAD, "contacts:read", everywhere=True, in_all=True),
    "POST /api/v1/suppressions": Row(
        201, scope="contacts:write", body=_just({"address": "gone@x.example", "reason": "asked us to"})
    ),
    "DELETE /api/v1/suppressions/{address}": Row(404, scope="contacts:write", at={"address": "nobody@x.example"}),
    # Routing
    "GET /api/v1/routing": Row(200, _LEAD, "routing:read"),
    "PUT /api/v1/routing": Row(
        200,
        _LEAD,
        "routing:write",
        body=lambda ids: {"version": 0, "note": "n", "document": _rulebook(ids)},
        everywhere=True,
        once=True,
    ),
    "GET /api/v1/routing/versions": Row(200, _LEAD, "routing:read"),
    "GET /api/v1/routing/versions/{version}": Row(200, _LEAD, "routing:read", at={"version": "0"}),
    "POST /api/v1/routing/test": Row(
        200,
        _LEAD,
        "routing:read",
        "ticket",
        body=lambda ids: {"ticket_id": ids["ticket_id"], "document": _rulebook(ids)},
    ),
    "POST /api/v1/routing/rehearsal": Row(
        200,
        _LEAD,
        "routing:read",
        body=lambda ids: {
            "document": _rulebook(ids),
            "since": "2026-03-01T00:00:00Z",
            "until": "2026-03-08T00:00:00Z",
        },
        everywhere=True,
        in_all=True,
    ),
    # People and keys
    "GET /api/v1/managers": Row(200, scope="managers:read"),
    "POST /api/v1/managers/invite": Row(201, _ADMIN, body=_just({"email": "n@y.example", "name": "N"}), once=True),
    "PATCH /api/v1/managers/{manager_id}": Row(
        200, _LEAD, body=lambda ids: {"version": int(ids["manager_version"]), "capacity": 3}
    ),
    "POST /api/v1/managers/{manager_id}/reset": Row(200, _ADMIN),
    "GET /api/v1/teams": Row(200, scope="managers:read"),
    "POST /api/v1/teams": Row(201, _ADMIN, body=_just({"name": "N"}), once=True),
    "PATCH /api/v1/teams/{team_id}": Row(200, _ADMIN, body=_just({"version": 1, "name": "N"})),
    "GET /api/v1/demo": Row(200),
    "POST /api/v1/demo/start": Row(404, _ADMIN),  # this application was given no demo
    "POST /api/v1/demo/stop": Row(404, _ADMIN),
    "GET /api/v1/api-keys": Row(200, _ADMIN),
    "POST /api/v1/api-keys": Row(201, _ADMIN, body=_just({"name": "N", "scopes": ["events:read"]})),
    "DELETE /api/v1/api-keys/{key_id}": Row(204, _ADMIN, once=True),
}


def refusal(row: Row, caller: str, operation: str) -> int | None:
    """Return with what status a kind of caller is refused; None for one that is let in."""
    if row.role is None:
        return None
    if caller in {"nobody", "deactivated", "visitor"}:
        return 401
    if caller == "lower role":
        return None if row.role is Role.MANAGER else 403
    return _of_program(row, caller) or _of_place(row, caller, operation)


def _of_program(row: Row, caller: str) -> int | None:
    may_read = row.scope is not None and row.scope.endswith(":read")
    if caller == "read-only key":
        return None if may_read else 403
    if caller == "other inbox's key":
        return 403 if row.scope is None or row.by_managers else None
    return None


def _of_place(row: Row, caller: str, operation: str) -> int | None:
    if row.everywhere and caller in {"other inbox", "other inbox's key"}:
        return 403
    if row.in_all and caller == "wrong campaign":
        return 403
    is_list = row.body is None and "{" not in operation
    # A thing that may not be seen is not there; a list is, without it.
    return 404 if hidden_from(row, caller) and not is_list else None


def hidden_from(row: Row, caller: str) -> bool:
    """Tell whether a caller must find none of the secrets of this row's kind in the answer."""
    return {
        "other inbox": row.bound in {"ticket", "inbox"},
        "other inbox's key": row.bound in {"ticket", "inbox"},
        "wrong campaign": row.bound in {"ticket", "campaign"},
    }.get(caller, False)
