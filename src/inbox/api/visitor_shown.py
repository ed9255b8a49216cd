"""What a ticket's public log holds, as the frames by which its visitor is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbox.api import visitor_answers as answers
from inbox.api.visitor_answers import Said
from inbox.api.visitor_files import link
from inbox.app.ports import PublicEntry
from inbox.domain.ids import InboxId, VisitorId
from inbox.domain.ticket import State


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom the log is shown: links to files are made for them alone."""

    inbox_id: InboxId
    visitor_id: VisitorId
    key: bytes  # what only their session has


def frame_of(entry: PublicEntry, viewer: Viewer, *, now: datetime) -> str:
    """Return the frame that tells one entry."""
    if entry.message_id is not None:
        return answers.message(said_of(entry, viewer, now=now))
    if entry.entry.get("kind") == "mailed":
        return answers.mailed(entry.seq, entry.entry["mailed"])
    return answers.turned(entry.seq, shown_state(str(entry.entry.get("state"))))


def said_of(entry: PublicEntry, viewer: Viewer, *, now: datetime) -> Said:
    """Return the message that an entry shows."""
    shown = entry.entry
    return Said(
        seq=entry.seq,
        id=shown["id"],
        side="visitor" if shown["from"] == "visitor" else "team",
        name=shown["name"],
        text=shown["text"],
        at=datetime.fromisoformat(shown["at"]),
        client_id=shown.get("client_id"),
        mailed=shown.get("mailed", False),
        attachments=tuple(_file(each, viewer, now) for each in shown["attachments"]),
    )


def _file(attachment: Mapping[str, Any], viewer: Viewer, now: datetime) -> Mapping[str, Any]:
    url = link(viewer.inbox_id, viewer.visitor_id, attachment["id"], key=viewer.key, now=now)
    return {"name": attachment["name"], "size": attachment["size"], "url": url}


def shown_state(state: State | str) -> str:
    """Return a ticket's state as its visitor may know it: whether it goes on, not how we work on it."""
    return "solved" if state in {State.SOLVED, State.CLOSED} else "open"
