"""Understands comment events: plain Standard Webhooks bodies and CloudEvents alike. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Final
from uuid import UUID

import nh3

from inbox.channel.model import CampaignRef, Original, Received, Sender
from inbox.channel.reading import (
    Json,
    identifier,
    language,
    moment,
    optional_identifier,
    optional_section,
    parsed_object,
    section,
    web_url,
    whole_number,
    words,
)
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import MessageId
from inbox.errors import MessageUnreadable
from inbox_comments.config import CommentsConfig

CREATED: Final = "comment.created"
RESTORED: Final = "comment.restored"
DELETED: Final = "comment.deleted"
SPOKEN: Final = frozenset({CREATED, "comment.edited", "comment.moderated", RESTORED, DELETED})
ERASED: Final = "author.erased"
SILENT: Final = frozenset({"ping", "comment.reacted", "thread.updated"})  # the next comment brings the new title along

_GONE = frozenset({"deleted", "trash"})
_UNWANTED = frozenset({"spam", "hidden", "rejected"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, less the brackets


def understood(original: Original, settings: CommentsConfig) -> tuple[Received, ...]:
    """Return the comment that an event carries, none for an event that changes no comment.

    Raises:
        MessageUnreadable: it lacks what is required, or asks for what a person has to do.
    """
    event = parsed_object(original.body)
    kind = words(event, "type")
    if kind in SILENT:
        return ()
    if kind == ERASED:
        raise MessageUnreadable(_erasure(event))
    if kind not in SPOKEN:
        raise MessageUnreadable(f"/type is {kind!r}, which is no event of a comment.")
    return (_comment(original, event, settings),)


def kind_of(body: bytes) -> str | None:
    """Return the type of an event, None for what has none."""
    kind = parsed_object(body).get("type")
    return kind if isinstance(kind, str) else None


def _comment(original: Original, event: Json, settings: CommentsConfig) -> Received:
    data = section(event, "data", at="")
    platform = _platform(data, settings.platform)
    thread = section(data, "thread", at="/data")
    comment = section(data, "comment", at="/data")
    gone = _is_gone(event, comment)
    return Received(
        external_id=identifier(comment, "id", at="/data/comment"),
        sender=_sender(data, platform, gone=gone),
        at=min(
            _happened_at(comment, event) or original.at, original.at
        ),  # no clock elsewhere makes a comment of tomorrow
        text="" if gone else _text(optional_section(comment, "body")),
        thread=f"{platform}/{identifier(thread, 'id', at='/data/thread')}",
        thread_title=words(thread, "title"),
        parent=optional_identifier(comment, "parent_id", at="/data/comment"),
        version=_version(comment, gone=gone),
        deleted=gone,
        echo_of=_echo_of(data),
        wants_answer=not gone and words(comment, "state") not in _UNWANTED,
        campaign=_campaign(data),
        language=language(comment, "language") or settings.language or None,
        meta=_kept(data, comment, thread),
    )


def _platform(data: Json, expected: str) -> str:
    """Return the event's platform; one sender must not speak for the users of another platform."""
    platform = identifier(data, "platform", at="/data")
    if expected and platform != expected:
        raise MessageUnreadable(f"/data/platform is {platform!r}, this inbox belongs to {expected!r}.")
    return platform


def _is_gone(event: Json, comment: Json) -> bool:
    if event.get("type") == DELETED or words(comment, "state") in _GONE:
        return True
    return comment.get("deleted_at") is not None and event.get("type") != RESTORED


def _sender(data: Json, platform: str, *, gone: bool) -> Sender:
    author = optional_section(data, "author") if gone else section(data, "author", at="/data")
    name = words(author, "display_name", limit=200)
    if name is None and not gone:
        raise MessageUnreadable("/data/author/display_name is required and must be text.")
    return Sender(claims=tuple(_claims(author, platform)), name=name, language=language(author, "locale"))


def _claims(author: Json, platform: str) -> list[Claim]:
    """Name the author; somebody without an id and an address stays nobody, whatever name they give."""
    claims = []
    user = optional_identifier(author, "id", at="/data/author")
    if user is not None:
        claims.append(Claim(IdentityKind.PLATFORM_USER, user, scope=platform))
    email = words(author, "email", limit=_LONGEST_ADDRESS + 1) or ""
    if "@" in email[1:-1] and " " not in email and len(email) <= _LONGEST_ADDRESS:
        claims.append(Claim(IdentityKind.EMAIL, email, verified=author.get("email_verified") is True))
    return claims


def _text(body: Json) -> str:
    text, html = body.get("text"), body.get("html")
    if isinstance(text, str) and text.strip() and body.get("format") != "html":
        return text.strip()
    marked_up = text if isinstance(text, str) and text.strip() else html
    return _without_markup(marked_up) if isinstance(marked_up, str) else ""


# A parser makes a tree of HTML, which takes ten seconds for 250 KB of nested lists; nobody's comment is one.
_MOST_TAGS = 400
_TAG = re.compile(r"<[^<>]*>")


def _without_markup(html: str) -> str:
    broken = html.replace("<br", "\n<br").replace("</p>", "</p>\n\n").replace("</li>", "</li>\n")
    bare = _TAG.sub("", broken) if broken.count("<") > _MOST_TAGS else nh3.clean(broken, tags=set())
    return unescape(bare).strip()


def _version(comment: Json, *, gone: bool) -> int:
    version = whole_number(comment, "version")
    if version is not None:
        return version
    changed_at = moment(comment, "updated_at", at="/data/comment")
    if changed_at is None and gone:
        changed_at = moment(comment, "deleted_at", at="/data/comment")
    if changed_at is None:
        raise MessageUnreadable("/data/comment/version or /data/comment/updated_at is required.")
    return max((changed_at - _EPOCH) // _MICROSECOND, 0)


def _happened_at(comment: Json, event: Json) -> datetime | None:
    """Return when the comment was written, or when it was changed if that is what the event tells."""
    written = ("created_at", "updated_at")
    names = written if event.get("type") == CREATED else ("deleted_at", "edited_at", "updated_at")
    told = (moment(comment, name, at="/data/comment") for name in names)
    stamps = (moment(event, name, at="") for name in ("timestamp", "time"))  # the second is CloudEvents' name
    return next((at for at in (*told, *stamps) if at is not None), None)


def _echo_of(data: Json) -> MessageId | None:
    reference = optional_section(data, "origin").get("client_ref")
    try:
        return MessageId(UUID(reference)) if isinstance(reference, str) else None
    except ValueError:
        return None  # another tool's reference


def _campaign(data: Json) -> CampaignRef | None:
    campaign = optional_section(data, "campaign")
    key = optional_identifier(campaign, "id", at="/data/campaign")
    return CampaignRef(key, title=words(campaign, "title"), url=web_url(campaign, "url")) if key else None


def _kept(data: Json, comment: Json, thread: Json) -> dict[str, Any]:
    """Collect what an answer needs and a manager wants to see; whatever else came stays in the original."""
    author = optional_section(data, "author")
    kept = {
        "reply": optional_section(data, "reply"),
        "permalink": web_url(comment, "permalink"),
        "thread_url": web_url(thread, "url"),
        "visibility": words(comment, "visibility", limit=40),
        "state": words(comment, "state", limit=40),
        "profile_url": web_url(author, "profile_url"),
        "roles": author.get("roles"),
        "is_owner": author.get("is_owner"),
        "attachments": comment.get("attachments"),
    }
    return {key: value for key, value in kept.items() if value}


def _erasure(event: Json) -> str:
    author = optional_section(optional_section(event, "data"), "author")
    named = words(author, "id") or words(author, "display_name") or "an author"
    return f"The platform erased {named}: remove their name, address and texts here too."
