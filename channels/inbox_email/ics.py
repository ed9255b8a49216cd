"""Reads calendar files (RFC 5545) as far as an invitation needs it: lines, components, moments in their zones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inbox_email.charsets import clean

MAX_LINES = 20_000
MAX_FILE = 1_000_000  # bytes

_LINE = re.compile(
    r'([A-Za-z0-9-]{1,60})((?:;[A-Za-z0-9-]{1,60}=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)'
)
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";]*)')
_ESCAPED = re.compile(r"\\(.)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?")
_LASTS = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")
_NTH_DAY = re.compile(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its value, and what its parameters say."""

    name: str
    value: str
    given: Mapping[str, str]

    @property
    def text(self) -> str:
        """The value as people read it."""
        return clean(_ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)).strip()


@dataclass(slots=True)
class Component:
    """Something between BEGIN and END."""

    kind: str
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def get(self, name: str) -> Line | None:
        """Return the first property of a name."""
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str, *, limit: int = 500) -> str | None:
        """Return a property as people read it; None without one."""
        line = self.get(name)
        return (line.text[:limit] or None) if line else None

    def all(self, kind: str) -> list[Component]:
        """Return the parts of a kind."""
        return [part for part in self.parts if part.kind == kind]


def calendar_of(text: str) -> Component | None:
    """Return the first calendar in a text; None if there is none."""
    root = Component("")
    open_at = [root]
    for line in _lines(text):
        if line.name == "BEGIN" and len(open_at) < 10:
            part = Component(line.value.strip().upper())
            open_at[-1].parts.append(part)
            open_at.append(part)
        elif line.name == "END" and len(open_at) > 1:
            open_at.pop()
        else:
            open_at[-1].lines.append(line)
    return next(iter(root.all("VCALENDAR")), None)


def _lines(text: str) -> Iterator[Line]:
    """Yield properties, with what was folded put together (section 3.1)."""
    unfolded = re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    for written in unfolded.split("\n", MAX_LINES)[:MAX_LINES]:
        found = _LINE.fullmatch(written[:20_000].strip())
        if found is not None:
            given = {name.upper(): value.strip('"') for name, value in _PARAMETER.findall(found[2])}
            yield Line(found[1].upper(), found[3], given)


def moment_of(line: Line | None, zones: Mapping[str, Component]) -> datetime | date | None:
    """Return a moment in UTC; one without a zone stays as it is, a whole day is a date."""
    found = _MOMENT.fullmatch(line.value.strip()) if line else None
    if line is None or found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return day
        local = datetime(day.year, day.month, day.day, int(found[4]), int(found[5]), min(int(found[6] or 0), 59))  # noqa: DTZ001 - its zone comes next
        return local.replace(tzinfo=UTC) if found[7] else _placed(local, line.given.get("TZID", ""), zones)
    except (ValueError, OverflowError):
        return None


def length_of(line: Line | None) -> timedelta | None:
    """Return a duration (section 3.3.6)."""
    found = _LASTS.fullmatch(line.value.strip().lstrip("+")) if line else None
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _placed(local: datetime, name: str, zones: Mapping[str, Component]) -> datetime:
    """Return a local time in UTC: by the zone's name where that is known, else by how the file itself describes it."""
    known = _zone("/".join(name.split("/")[-2:])) if "/" in name else _zone(name)
    if known is not None:
        return local.replace(tzinfo=known).astimezone(UTC)
    offset = _offset_at(local, zones[name]) if name in zones else None
    return local if offset is None else (local - offset).replace(tzinfo=UTC)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name and len(name) < 60 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset_at(local: datetime, zone: Component) -> timedelta | None:
    """Return the offset of a described zone: that of the latest change before this time (section 3.6.5)."""
    changes = [change for part in zone.parts[:100] for change in _changes(part, local.year)]
    before = [change for change in changes if change[0] <= local] or sorted(changes)[:1]
    return max(before)[1] if before else None


def _changes(part: Component, year: int) -> Iterator[tuple[datetime, timedelta]]:
    start, offset = moment_of(part.get("DTSTART"), {}), _offset(part.get("TZOFFSETTO"))
    if not isinstance(start, datetime) or offset is None:
        return
    start = start.replace(tzinfo=None)
    rule = part.get("RRULE")
    given = dict(each.partition("=")[::2] for each in rule.value.upper().split(";")) if rule else {}
    nth = _NTH_DAY.fullmatch(given.get("BYDAY", ""))
    if nth is None or not given.get("BYMONTH", "").isdecimal():
        yield start, offset
        return
    for each in (year - 1, year):
        day = _nth_day(each, int(given["BYMONTH"]), int(nth[1]), _DAYS.index(nth[2]))
        changed = datetime.combine(day, start.time())
        if changed >= start and given.get("UNTIL", "9") >= changed.strftime("%Y%m%d"):
            yield changed, offset


def _nth_day(year: int, month: int, nth: int, weekday: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7 - 7 * (nth + 1))


def _offset(line: Line | None) -> timedelta | None:
    found = _OFFSET.fullmatch(line.value.strip()) if line else None
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size


def zones_of(calendar: Component) -> dict[str, Component]:
    """Return the zones that a calendar describes, by their names."""
    zones: Sequence[Component] = calendar.all("VTIMEZONE")
    return {line.value: zone for zone in zones if (line := zone.get("TZID")) is not None}
