"""How tickets and messages are shown to managers and integrators: the same in answers and in events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inbox.app.pictures import PictureLinks, with_pictures
from inbox.domain.calls import Call
from inbox.domain.events import EventType, NewEvent
from inbox.domain.message import REUSED_ID, Attachment, Direction, Message
from inbox.domain.moving import EVENT, WAS_IN
from inbox.domain.reasons import reason_view
from inbox.domain.recipients import Recipient
from inbox.domain.ticket import Ticket

_MACHINES = frozenset({"bounce", "complaint", "receipt", "reply", "generated"})
READ = "read"  # of a message's meta: who has seen it
_EVENT_TEXT = 4_000  # characters; a screen that shows the message fetches the rest


def moment(at: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC, to the millisecond."""
    if at is None:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ticket_view(ticket: Ticket) -> dict[str, Any]:
    """Show a ticket."""
    return {
        "id": str(ticket.id),
        "number": ticket.number,
        "inbox_id": str(ticket.inbox_id),
        "channel": ticket.channel,
        "state": ticket.state.value,
        "priority": int(ticket.priority),
        "subject": ticket.subject,
        "contact": _contact_of(ticket),
        "campaign_id": _text(ticket.campaign_id),
        "campaign_key": ticket.campaign_key,
        "tags": list(ticket.tags),
        "assignee_id": _text(ticket.assignee_id),
        "public": ticket.public,
        "language": ticket.language,
        "last_line": ticket.last_line,
        "last_direction": ticket.last_direction,
        "last_seq": ticket.last_seq,
        "waiting_since": moment(ticket.waiting_since),
        "snoozed_until": moment(ticket.snoozed_until),
        "solved_at": moment(ticket.solved_at),
        "due_at": moment(ticket.due_at),
        "follows": _text(ticket.follows),
        "merged_into": _text(ticket.merged_into),
        "lane": ticket.lane.value,
        "lane_by": ticket.lane_by,
        "lane_why": reason_view(ticket.lane_why),
        "team_id": _text(ticket.team_id),
        "skills": list(ticket.skills),
        "weight": ticket.weight,
        "target": int(ticket.target.total_seconds()),
        "assigned_at": moment(ticket.assigned_at),
        "assigned_why": reason_view(ticket.assigned_why),
        "offered_to": _text(ticket.offered_to),
        "offered_until": moment(ticket.offered_until),
        "declined_by": [str(each) for each in ticket.declined_by],
        "created_at": moment(ticket.created_at),
        "updated_at": moment(ticket.updated_at),
        "version": ticket.version,
    }


def message_view(message: Message, links: PictureLinks | None = None) -> dict[str, Any]:
    """Show a message whole; with `links`, its own pictures have addresses that need no session."""
    meta = message.meta
    return {
        "id": str(message.id),
        "ticket_id": str(message.ticket_id),
        "inbox_id": str(message.inbox_id),
        "seq": message.seq,
        "kind": message.kind.value,
        "direction": message.direction.value,
        "at": moment(message.at),
        "author": _author_of(message),
        "text": message.text,
        "html": html_of(message, links),
        "quoted": message.quoted,
        "subject": message.subject,
        "language": message.language,
        "delivery": message.delivery.value,
        "error": message.error,
        "send_at": moment(message.send_at),
        "unless_answered": message.unless_answered,
        "edited_at": moment(message.edited_at),
        "deleted_at": moment(message.deleted_at),
        "external_id": message.external_id,
        "parent_external_id": message.parent_external_id,
        "call": _call_view(message.call) if message.call else None,
        "attachments": [_attachment_view(a) for a in message.attachments],
        "recipients": [recipient_view(r) for r in message.recipients],
        "unverified": message.unverified,
        "reused_id": bool(meta.get(REUSED_ID)),
        "address": _text(meta.get("from")),
        "forwards": meta.get("forwards"),
        "aside": "aside" in meta,
        "automatic": is_automatic(message),
        "remote_images": int(meta.get("remote_images") or 0),
        "invitation": meta.get("invitation"),
        "seal": meta.get("seal"),
        "raw": message.original_id is not None,
        "receipt": meta.get("automatic") == "receipt",
        "read": meta.get(READ, []),
        "permalink": meta.get("permalink"),
        "event": meta.get(EVENT),
        "threading": _threading_of(message),
        "moved": bool(meta.get(WAS_IN)),
        "copy_to": meta.get("to") if "copies" in meta else None,
        "truncated": False,
    }


def is_automatic(message: Message) -> bool:
    """Tell whether a machine wrote a message: ours, or somebody's who is away."""
    return "acknowledges" in message.meta or message.meta.get("automatic") in _MACHINES


def message_in_event(message: Message) -> dict[str, Any]:
    """Show a message as events carry it: without its HTML, and not longer than a screen needs at once."""
    view = message_view(message)
    long = len(message.text) > _EVENT_TEXT or message.html is not None
    return view | {"text": message.text[:_EVENT_TEXT], "html": None, "quoted": None, "truncated": long}


def ticket_event(kind: EventType, ticket: Ticket, message: Message | None = None, **more: object) -> NewEvent:
    """Return the fact that something happened to a ticket; it carries the whole ticket, so a hole does no harm."""
    data: dict[str, Any] = {"ticket": ticket_view(ticket), **more}
    if message is not None:
        data["message"] = message_in_event(message)
    return NewEvent(kind, ticket.id, data, inbox_id=ticket.inbox_id, campaign_id=ticket.campaign_id)


def public_view(message: Message) -> dict[str, Any]:
    """Show a message to the visitor whom it is for: nothing internal (P9)."""
    return {
        "id": str(message.id),
        "from": "visitor" if message.direction is Direction.INBOUND else "manager",
        "name": message.author_name if message.direction is Direction.OUTBOUND else None,
        "text": "" if message.deleted_at else message.text,
        "at": moment(message.at),
        "client_id": message.meta.get("client_id"),  # the sender's own, by which they know their echo
        "attachments": [_attachment_view(a) for a in message.attachments],
    }


def _contact_of(ticket: Ticket) -> dict[str, Any] | None:
    if ticket.contact_id is None and ticket.contact_name is None:
        return None
    return {"id": _text(ticket.contact_id), "name": ticket.contact_name, "verified": ticket.contact_verified}


def _author_of(message: Message) -> dict[str, Any]:
    inbound = message.direction is Direction.INBOUND
    kind = "contact" if inbound else "manager" if message.manager_id else "system"
    author = message.contact_id if inbound else message.manager_id
    return {"kind": kind, "id": _text(author), "name": message.author_name, "verified": not message.unverified}


def _threading_of(message: Message) -> dict[str, Any] | None:
    """Show why a message is in this ticket; None where nothing had to be decided."""
    meta = message.meta
    decided, name, flood = meta.get("threading"), meta.get("passed_on_by"), bool(meta.get("flood"))
    if decided is None and name is None and not flood:
        return None
    over = decided["passed_over"] if decided else []
    # Older messages remember the number alone.
    shown = [each if isinstance(each, dict) else {"number": each, "by": None, "why": None} for each in over]
    by = decided["by"] if decided else None
    return {"by": by, "passed_over": shown, "flood": flood, "passed_on_by": name}


def _call_view(call: Call) -> dict[str, Any]:
    return {
        "state": call.state.value,
        "inbound": call.inbound,
        "caller": call.caller,
        "callee": call.callee,
        "started_at": moment(call.started_at),
        "answered_at": moment(call.answered_at),
        "ended_at": moment(call.ended_at),
        "duration": call.duration,
        "recording_url": call.recording_url,
        "transcript": call.transcript,
    }


def _attachment_view(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": str(attachment.id),
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
    }


def recipient_view(recipient: Recipient) -> dict[str, Any]:
    """Show whom a message is for."""
    return {
        "address": recipient.address,
        "name": recipient.name,
        "role": recipient.role.value,
        "state": recipient.state.value if recipient.state else None,
        "note": recipient.note,
    }


def html_of(message: Message, links: PictureLinks | None = None, *, remote: bool = False) -> str | None:
    """Return a message's cleaned HTML with the addresses of its pictures; those from afar only if they are wanted."""
    if not message.html:
        return None
    own = (a for a in message.attachments if a.content_id)
    places = {a.content_id or "": links.own(a.id) if links else f"/api/v1/attachments/{a.id}?inline=1" for a in own}
    return with_pictures(message.html, places, links if remote else None)


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
