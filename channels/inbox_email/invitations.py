"""What an invitation says: what, when, where, by whom, and who comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from inbox.channel.model import File
from inbox_email.charsets import clean, decode
from inbox_email.ics import MAX_FILE, Component, Line, calendar_of, length_of, moment_of, zones_of

MAX_PEOPLE = 50  # named; all are counted

_TYPES = frozenset({"text/calendar", "application/ics"})
_METHODS = {"REQUEST": "request", "CANCEL": "cancel", "REPLY": "reply", "COUNTER": "counter"}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}  # all else is none yet
_REPEATS = {"DAILY": "daily", "WEEKLY": "weekly", "MONTHLY": "monthly", "YEARLY": "yearly"}


def invitation_in(files: Sequence[File], address: str) -> dict[str, Any] | None:
    """Return the invitation that came with a mail to `address`, as it is shown; None if none did."""
    for file in files:
        if file.mime in _TYPES and len(file.data) <= MAX_FILE:
            calendar = calendar_of(decode(file.data, "utf-8"))
            event = _event_of(calendar) if calendar else None
            if calendar and event:
                return _invitation(calendar, event, address)
    return None


def _event_of(calendar: Component) -> Component | None:
    """Return the event itself rather than one of its exceptions."""
    events = calendar.all("VEVENT")
    return next((event for event in events if event.get("RECURRENCE-ID") is None), next(iter(events), None))


def _invitation(calendar: Component, event: Component, address: str) -> dict[str, Any]:
    starts, ends = _when(event, calendar)
    people = [_person(line) for line in event.lines if line.name == "ATTENDEE"]
    organizer = event.get("ORGANIZER")
    mine = next((each["answer"] for each in people if each["address"] == address.casefold()), None)
    return {
        "method": _method(calendar, event),
        "summary": event.text("SUMMARY"),
        "starts": _written(starts),
        "ends": _written(ends),
        "location": event.text("LOCATION"),
        "organizer": _person(organizer) if organizer else None,
        "people": people[:MAX_PEOPLE],
        "invited": len(people),
        "answer": mine,
        "repeats": _repeats(event.get("RRULE")),
    }


def _method(calendar: Component, event: Component) -> str:
    if (event.text("STATUS") or "").upper() == "CANCELLED":
        return "cancel"
    return _METHODS.get((calendar.text("METHOD") or "").upper(), "publish")


def _when(event: Component, calendar: Component) -> tuple[datetime | date | None, datetime | date | None]:
    """Return beginning and end; the end of whole days is the last of them."""
    zones = zones_of(calendar)
    starts, ends = (moment_of(event.get(name), zones) for name in ("DTSTART", "DTEND"))
    lasts = length_of(event.get("DURATION"))
    try:
        ends = starts + lasts if starts is not None and ends is None and lasts is not None else ends
        if starts is None or ends is None or isinstance(starts, datetime) != isinstance(ends, datetime):
            return starts, None
        return starts, ends if isinstance(starts, datetime) else max(starts, ends - timedelta(days=1))
    except OverflowError:
        return starts, None


def _written(at: datetime | date | None) -> str | None:
    """Write a moment in UTC, one without a zone without it, and a whole day as a date."""
    if isinstance(at, datetime):
        return at.replace(tzinfo=None).isoformat(timespec="seconds") + ("Z" if at.tzinfo is UTC else "")
    return at.isoformat() if at else None


def _person(line: Line) -> dict[str, str | None]:
    address = clean(line.value.strip()).partition(":")[2].casefold()[:320]
    name = clean(line.given.get("CN", "")).strip()[:200]
    return {
        "name": name or None,
        "address": address,
        "answer": _ANSWERS.get(line.given.get("PARTSTAT", "").upper()),
    }


def _repeats(line: Line | None) -> str | None:
    if line is None:
        return None
    given = dict(each.partition("=")[::2] for each in line.value.upper().split(";"))
    return _REPEATS.get(given.get("FREQ", ""))
