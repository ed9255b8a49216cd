"""The frames that a visitor's chat client is told; each is encoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from inbox.api.visitor_frames import FILES_LIMIT, TEXT_LIMIT, Refusal

HEARTBEAT = 20  # seconds between a client's pings


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a visitor may see it."""

    seq: int
    id: str
    side: str  # "visitor" or "team"
    name: str | None
    text: str
    at: datetime
    client_id: str | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    mailed: bool = False  # to the visitor too, who had left
    attachments: tuple[Mapping[str, Any], ...] = ()


def _frame(kind: str, **fields: object) -> str:
    return orjson.dumps({"type": kind, **{k: v for k, v in fields.items() if v is not None}}).decode()


def _shown(said: Said) -> dict[str, Any]:
    fields = {
        "seq": said.seq,
        "id": said.id,
        "client_id": said.client_id,
        "from": {"side": said.side, "name": said.name},
        "text": "" if said.deleted else said.text,
        "at": said.at,
        "edited_at": said.edited_at,
        "deleted": said.deleted or None,
        "mailed": said.mailed or None,
        "attachments": [] if said.deleted else list(said.attachments),
    }
    return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visitor stands in their conversation: numbered frames follow from `since` + 1."""

    ticket: str | None
    since: int
    seq: int
    state: str | None


def welcome(session: str, place: Place, *, online: bool, greeting: Mapping[str, Any], file_limit: int = 0) -> str:
    """Answer a hello: the session to keep, the place in the ticket, who is there, and the inbox's texts.

    Where the client did not resume, the place is the end, and a history frame comes next.
    """
    return _frame(
        "welcome",
        session=session,
        ticket=place.ticket,
        since=place.since,
        seq=place.seq,
        state=place.state,
        queue={"online": online},
        greeting=greeting,
        limits={"text": TEXT_LIMIT, "files": FILES_LIMIT if file_limit else 0, "file": file_limit},
        heartbeat=HEARTBEAT,
    )


def ticket(ticket_id: str, *, seq: int, state: str) -> str:
    """Tell that the conversation is now this ticket; its `seq` counts anew."""
    return _frame("ticket", ticket=ticket_id, seq=seq, state=state)


def message(said: Said) -> str:
    """Show a message."""
    return _frame("message", **_shown(said))


def edited(seq: int, said: Said) -> str:
    """Tell, as `seq`, that an earlier message reads otherwise or is gone."""
    return _frame("update", seq=seq, message=_shown(said))


def turned(seq: int, state: str, *, name: str | None = None) -> str:
    """Tell, as `seq`, that the state or the one who answers has changed."""
    return _frame("update", seq=seq, state=state, name=name)


def mailed(seq: int, places: Sequence[int]) -> str:
    """Tell, as `seq`, which earlier messages went to the visitor by mail too."""
    return _frame("update", seq=seq, mailed=places)


def ack(client_id: str, message_id: str, *, seq: int) -> str:
    """Confirm a message: it is stored for good."""
    return _frame("ack", client_id=client_id, id=message_id, seq=seq)


def typing(*, on: bool, name: str | None = None) -> str:
    """Tell that somebody of the team types, or stopped."""
    return _frame("typing", on=on, name=name)


def read(seq: int) -> str:
    """Tell up to where the team has read."""
    return _frame("read", seq=seq)


def queue(*, online: bool) -> str:
    """Tell whether somebody is there to answer."""
    return _frame("queue", online=online)


def history(messages: tuple[Said, ...], *, more: bool) -> str:
    """Show older messages, oldest first."""
    return _frame("history", messages=[_shown(said) for said in messages], more=more)


def introduced() -> str:
    """Confirm the answers to the form."""
    return _frame("introduced")


def error(
    refusal: Refusal,
    text: str,
    *,
    client_id: str | None = None,
    retry_after: float | None = None,
) -> str:
    """Refuse a frame; the socket stays open."""
    return _frame("error", code=refusal, text=text, client_id=client_id, retry_after=retry_after)


def bye(reason: str, *, reconnect: bool) -> str:
    """Announce the end of the socket, and whether to come back."""
    return _frame("bye", reason=reason, reconnect=reconnect)


def pong() -> str:
    """Answer a ping."""
    return _frame("pong")
