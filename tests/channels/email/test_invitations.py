"""Invitations: what they say in whichever way calendars write it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.channel.model import File
from inbox_email.invitations import invitation_in
from tests.channels.email.builders import ADDRESS, mail, understood

OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
PEOPLE = f"""ORGANIZER;CN="Greta, Lamps":mailto:Greta@example.net
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{ADDRESS}
ATTENDEE;CN=Paul;PARTSTAT=ACCEPTED:MAILTO:paul@example.net
"""


def ics(event: str, *, method: str = "REQUEST", zone: str = "") -> bytes:
    head = f"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\n{zone}BEGIN:VEVENT\nUID:1\n"
    text = f"{head}{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def invitation(event: str, **more: str) -> dict[str, Any]:
    found = invitation_in([File("a.ics", ics(event, **more), "text/calendar")], ADDRESS)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("when", "starts", "ends"),
    [
        ("DTSTART:20261124T090000Z\nDTEND:20261124T100000Z", "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"),
        ("DTSTART;TZID=Europe/Berlin:20260724T090000\nDURATION:PT90M", "2026-07-24T07:00:00Z", "2026-07-24T08:30:00Z"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20261124T090000", "2026-11-24T08:00:00Z", None),
        ("DTSTART;TZID=W. Europe Standard Time:20260724T090000", "2026-07-24T07:00:00Z", None),
        ('DTSTART;TZID="W. Europe Standard Time":20261124T090000', "2026-11-24T08:00:00Z", None),
        ("DTSTART;TZID=W. Europe Standard Time:20260329T030000", "2026-03-29T01:00:00Z", None),
        ("DTSTART;TZID=W. Europe Standard Time:20260101T090000", "2026-01-01T08:00:00Z", None),
        ("DTSTART;TZID=Nowhere:20261124T090000", "2026-11-24T09:00:00", None),
        ("DTSTART:20261124T090000", "2026-11-24T09:00:00", None),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126", "2026-11-24", "2026-11-25"),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261124", "2026-11-24", "2026-11-24"),
        ("DTSTART:20261399T990000Z", None, None),
        ("DTSTART:soon\nDURATION:P", None, None),
        ("DTSTART:99991231T235959Z\nDURATION:P1W", "9999-12-31T23:59:59Z", None),
        ("DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:00010101", "0001-01-01", None),
        ("", None, None),
    ],
)  # fmt: skip
def test_an_invitation_says_when_wherever_its_zone_stands(when: str, starts: str | None, ends: str | None) -> None:
    found = invitation(when, zone=OUTLOOK_ZONE)

    assert (found["starts"], found["ends"]) == (starts, ends)


def test_an_invitation_says_what_where_by_whom_and_who_comes() -> None:
    found = invitation(
        "SUMMARY:Lampen\\, zweite Lie\n ferung\nLOCATION:Werkstatt\\nLeipzig\nRRULE:FREQ=WEEKLY;COUNT=3\n" + PEOPLE
    )

    assert found["method"] == "request"
    assert (found["summary"], found["location"]) == ("Lampen, zweite Lieferung", "Werkstatt\nLeipzig")
    assert found["organizer"] == {"name": "Greta, Lamps", "address": "greta@example.net", "answer": None}
    assert [(each["address"], each["answer"]) for each in found["people"]] == [
        (ADDRESS, None),
        ("paul@example.net", "accepted"),
    ]
    assert (found["answer"], found["invited"], found["repeats"]) == (None, 2, "weekly")


@pytest.mark.parametrize(
    ("method", "event", "shown"),
    [
        ("CANCEL", "SUMMARY:x", "cancel"),
        ("REQUEST", "STATUS:CANCELLED", "cancel"),
        ("REPLY", "SUMMARY:x", "reply"),
        ("counter", "SUMMARY:x", "counter"),
        ("ADD", "SUMMARY:x", "publish"),
    ],
)
def test_an_invitation_says_what_it_is_for(method: str, event: str, shown: str) -> None:
    assert invitation(event, method=method)["method"] == shown


def test_an_exception_does_not_stand_for_the_whole() -> None:
    other = "RECURRENCE-ID:20261124T090000Z\nSUMMARY:moved\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:weekly"

    assert invitation(other)["summary"] == "weekly"


def test_a_mail_with_an_invitation_shows_it_and_keeps_the_file() -> None:
    body = (
        "--b\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
        + ics("SUMMARY:Lampen\n" + PEOPLE).decode()
        + "--b--\r\n"
    )
    received = understood(mail(body, content_type="multipart/alternative; boundary=b"))

    assert received.meta["invitation"]["summary"] == "Lampen"
    assert received.text == "Lampen"
    assert [file.name for file in received.files] == ["file-1.ics"]


def test_a_file_of_tasks_or_of_nothing_is_no_invitation() -> None:
    tasks = b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nEND:VTODO\nEND:VCALENDAR"

    assert invitation_in([File("a.ics", tasks, "text/calendar")], ADDRESS) is None
    assert invitation_in([File("a.ics", b"\xff\x00", "text/calendar")], ADDRESS) is None
    assert invitation_in([File("a.ics", ics("SUMMARY:x"), "text/plain")], ADDRESS) is None


@pytest.mark.parametrize(
    "event",
    ["BEGIN:X\n" * 20_000, "ATTENDEE:mailto:a@b\n" * 19_000, "X;" + "A=b;" * 100_000 + ":c", "X:" + "\n " * 200_000],
    ids=["nested", "many people", "many parameters", "folded"],
)
def test_a_file_that_is_built_to_be_slow_is_not(event: str) -> None:
    started = time.process_time()
    invitation_in([File("a.ics", ics(event), "text/calendar")], ADDRESS)

    assert time.process_time() - started < 1


@given(st.text(st.sampled_from('BEGINDVT:;=,\\"\n 2026T09Z-+PWMYCUR'), max_size=300))
def test_no_file_trips_it(text: str) -> None:
    invitation_in([File("a.ics", ics(text), "text/calendar")], ADDRESS)
