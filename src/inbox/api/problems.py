"""Errors as answers: problem details of RFC 9457, each with a stable code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from inbox import errors
from inbox.api.json import Json
from inbox.app.views import message_view
from inbox.domain.message import Message

STATUS: Mapping[type[errors.InboxError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.NotSignedIn: 401,
    errors.Invalid: 422,
    errors.TooLarge: 413,
    errors.Conflict: 409,
    errors.LimitReached: 429,
    errors.Unavailable: 503,
    errors.ChannelError: 502,
    errors.ConfigRejected: 422,
    errors.SignatureRejected: 401,
    errors.MessageUnreadable: 422,
    errors.OutgoingRefused: 422,
    errors.InboxError: 500,
}

# What the framework itself answers, under the same codes where there is one.
_CODES = {
    400: "bad_request",
    401: errors.NotSignedIn.code,
    403: errors.Forbidden.code,
    404: errors.NotFound.code,
    405: "method_not_allowed",
    406: "not_acceptable",
    413: errors.TooLarge.code,
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: errors.Invalid.code,
    429: errors.LimitReached.code,
    503: errors.Unavailable.code,
}
_SENTENCES = {
    400: "The request cannot be understood.",
    404: "There is nothing here.",
    405: "This address does not take that method.",
    413: "The request is larger than the limit.",
    415: "Send JSON, as application/json.",
    500: "Something went wrong on our side.",
}


class Problem(Json):
    """An answer that says what went wrong."""

    media_type = "application/problem+json"

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        extras: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body = {"type": f"about:blank#{code}", "title": _title(status), "status": status, "code": code}
        super().__init__({**body, "detail": detail, **(extras or {})}, status_code=status, headers=headers)


def problem_of(error: errors.InboxError) -> Problem:
    """Return the answer to an error of ours, with what its reader can act on."""
    status = status_of(type(error))
    # What failed inside is for the log; a caller learns no paths, hosts or versions.
    detail = str(error) if status not in {500, 503} else type(error)().args[0]
    return Problem(status, error.code, detail, extras=_extras(error), headers=_headers(error))


def status_of(kind: type[errors.InboxError]) -> int:
    """Return the HTTP status of an error: its own, or that of the nearest error above it."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def problem_of_status(status: int, *, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the answer to what the framework refuses: an unknown path, a wrong method."""
    return Problem(status, _CODES.get(status, "error"), _SENTENCES.get(status, _title(status) + "."), headers=headers)


def problem_of_fields(found: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the answer to a request whose fields do not fit, naming each by its JSON pointer (RFC 6901)."""
    if any(each.get("type") == "json_invalid" for each in found):
        return Problem(400, "bad_json", "The body is not JSON.")
    fields = [
        {"pointer": _pointer(each["loc"]), "message": str(each["msg"]).removeprefix("Value error, ")}
        for each in found[:20]
    ]
    return Problem(422, errors.Invalid.code, "Some fields do not fit.", extras={"errors": fields})


def answer_problems(app: FastAPI) -> None:
    """Make the application answer every error with a problem."""
    app.add_exception_handler(errors.InboxError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_fields)
    app.add_exception_handler(HTTPException, _answer_framework)
    app.add_exception_handler(Exception, _answer_unforeseen)


async def _answer_ours(_request: Request, error: Exception) -> Problem:
    assert isinstance(error, errors.InboxError)  # noqa: S101 - registered for nothing else; narrows the type
    return problem_of(error)


async def _answer_fields(_request: Request, error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else; narrows the type
    return problem_of_fields(error.errors())


async def _answer_framework(_request: Request, error: Exception) -> Problem:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else; narrows the type
    return problem_of_status(error.status_code, headers=error.headers)


async def _answer_unforeseen(_request: Request, _error: Exception) -> Problem:
    return problem_of_status(500)


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


def _pointer(location: Sequence[str | int]) -> str:
    _where, *steps = location
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _extras(error: errors.InboxError) -> dict[str, object]:
    match error:
        case errors.LimitReached(retry_after=wait):
            return {"retry_after": math.ceil(wait.total_seconds())}
        case errors.Invalid(pointer=str(pointer)):
            return {"errors": [{"pointer": pointer, "message": str(error)}]}
        case errors.SpokenSince(missed=missed):
            return {"missed": [message_view(each) for each in missed if isinstance(each, Message)]}
        case errors.AlreadyClaimed(assignee=assignee):
            return {"assignee": assignee}
        case errors.Merged(into=into):
            return {"merged_into": str(into)}
    return {}


def _headers(error: errors.InboxError) -> dict[str, str]:
    match error:
        case errors.LimitReached(retry_after=wait) | errors.DeliveryDelayed(retry_after=wait) if wait:
            return {"retry-after": str(math.ceil(wait.total_seconds()))}
        case errors.NotSignedIn():
            return {"www-authenticate": "Bearer"}
    return {}
