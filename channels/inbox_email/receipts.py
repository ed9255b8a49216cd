"""Reads what a mail program tells of our mail in front of its reader (RFC 8098)."""

from __future__ import annotations

import re
from typing import Literal

from inbox.channel.model import Seen
from inbox_email.charsets import decode, one_line
from inbox_email.mime import Mail

_READ = 65_536  # bytes of a report
_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_FIELD = re.compile(r"^([a-z-]{1,60}):[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_HOW: dict[str, Literal["displayed", "deleted"]] = {"displayed": "displayed", "deleted": "deleted"}


def seen_by(mail: Mail, sender: str) -> Seen | None:
    """Return who says to have our mail before them; None if a report tells of nobody's eyes, such as of a queue."""
    report = next((file for file in mail.files if file.mime in _TYPES), None)
    if report is None:
        return None
    fields = {name.lower(): one_line(value) for name, value in _FIELD.findall(decode(report.data[:_READ], None))}
    kind = fields.get("disposition", "").lower().partition(";")[2].partition("/")[0].strip()
    how = _HOW.get(kind)
    whom = fields.get("final-recipient", "").rpartition(";")[2].strip()
    return Seen((whom if "@" in whom else sender)[:320], how) if how else None
