"""Understands call events: our own words and those of sipgate and Zammad, as JSON or as a form. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from inbox.channel.model import Original, Received, Sender
from inbox.channel.reading import (
    Json,
    identifier,
    moment,
    optional_identifier,
    parsed_object,
    web_url,
    whole_number,
    without_nul,
    words,
)
from inbox.domain.calls import Call
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.message import Kind
from inbox.errors import MessageUnreadable
from inbox_telephony.numbers import e164, is_reachable

FORM: Final = "application/x-www-form-urlencoded"
_FIELDS_AT_MOST = 200
_TEXT_AT_MOST = 50_000  # characters of a transcript
_DAY = 24 * 60 * 60

_EVENTS: Final = {
    "ringing": "ringing",
    "newcall": "ringing",
    "answered": "answered",
    "answer": "answered",
    "ended": "ended",
    "hangup": "ended",
    "missed": "missed",
    "voicemail": "voicemail",
}
_DIRECTIONS: Final = {"in": True, "inbound": True, "incoming": True, "out": False, "outbound": False, "outgoing": False}
# Every other cause is an ordinary end: normalClearing, cancel, noAnswer, and forwarded, after which nobody here
# answered, so that a caller whom the other end did not hear either is still called back.
_CAUSES: Final = {
    "busy": "busy",
    "rejected": "rejected",
    "declined": "rejected",
    "congestion": "failed",
    "notfound": "failed",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class _Report:
    """What every event says."""

    event: str
    at: datetime
    inbound: bool
    caller: str | None
    callee: str | None


def understood(original: Original, region: str) -> tuple[Received, ...]:
    """Return what an event tells of its call; raise MessageUnreadable if it is no event of a call."""
    fields = _fields(original)
    report = _report(fields, original, region)
    far_end = report.caller if report.inbound else report.callee
    transcript = fields.get("transcript")
    text = transcript.strip()[:_TEXT_AT_MOST] if isinstance(transcript, str) else ""
    received = Received(
        external_id=_call_id(fields),
        sender=_sender(far_end, fields),
        at=report.at,
        text=text,
        kind=Kind.CALL,
        outbound=not report.inbound,
        call=_call(report, fields, transcript=text or None),
        meta=_kept(fields),
    )
    return (received,)


def _fields(original: Original) -> Json:
    if not original.content_type.lower().startswith(FORM):
        return parsed_object(original.body)
    try:
        pairs = parse_qsl(original.body.decode("utf-8", "replace"), max_num_fields=_FIELDS_AT_MOST)
    except ValueError as error:
        raise MessageUnreadable(f"This form cannot be read: {error}.") from error
    fields: Json = without_nul(dict(reversed(pairs)))  # the first of several: user[]=… rings in that order
    return fields


def _report(fields: Json, original: Original, region: str) -> _Report:
    said = words(fields, "event") or ""
    event = _EVENTS.get(said.casefold())
    if event is None:
        raise MessageUnreadable(f"/event is {said[:80]!r}, which is no event of a call.")
    direction = words(fields, "direction") or "in"
    if direction.casefold() not in _DIRECTIONS:
        raise MessageUnreadable(f"/direction is {direction[:80]!r}, not in or out.")
    return _Report(
        event=event,
        at=min(moment(fields, "at", at="") or original.at, original.at),
        inbound=_DIRECTIONS[direction.casefold()],
        caller=e164(_number(fields, "from"), region),
        callee=e164(_number(fields, "to"), region),
    )


def _call_id(fields: Json) -> str:
    """Name the call; sipgate gives a transferred one a new callId and keeps the first as origCallId."""
    first = optional_identifier(fields, "origCallId", at="") or optional_identifier(fields, "callId", at="")
    return first or identifier(fields, "call_id", at="")


def _call(report: _Report, fields: Json, *, transcript: str | None) -> Call:
    """Put one event's facts into a call; whatever it does not say stays unknown."""
    answered = report.event == "answered"
    over = report.event in {"ended", "missed", "voicemail"}
    cause = _CAUSES.get((words(fields, "cause") or "").casefold()) if over else None
    manager = _manager(fields) if answered or not report.inbound else None
    return Call(
        inbound=report.inbound,
        caller=report.caller,
        callee=report.callee,
        started_at=report.at if report.event == "ringing" else None,
        answered_at=report.at if answered else None,
        ended_at=report.at if over else None,
        missed=report.event == "missed",
        duration=_duration(fields),
        cause=cause,
        cause_at=report.at if cause else None,
        manager=manager,
        manager_at=report.at if manager else None,
        voicemail=report.event == "voicemail",
        recording_url=web_url(fields, "recording_url"),
        transcript=transcript,
    )


def _sender(number: str | None, fields: Json) -> Sender:
    """Name the person at the far end; a withheld number or an extension is no identity."""
    claims = (Claim(IdentityKind.PHONE, number),) if number and is_reachable(number) else ()
    return Sender(claims=claims, name=words(fields, "caller_name", limit=200))


def _manager(fields: Json) -> str | None:
    return words(fields, "manager", limit=200) or words(fields, "user", limit=200) or words(fields, "user[]", limit=200)


def _number(fields: Json, key: str) -> str:
    value = fields.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _duration(fields: Json) -> int | None:
    """Read the seconds of talk; more than a day is a mistake in their unit."""
    seconds = whole_number(fields, "duration")
    return seconds if seconds is not None and seconds <= _DAY else None


def _kept(fields: Json) -> dict[str, Any]:
    kept = {key: words(fields, key) for key in ("from", "to", "queue", "cause")}
    return {key: value for key, value in kept.items() if value}
