"""Puts what is said into the form in which it travels: comment and call events, mails, identity tokens. Pure."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256
from typing import Any

import orjson

from inbox.demo.cast import PLATFORM, Person, StagedCampaign
from inbox.demo.scenario import CallFact, Comment, Mail

SITE = f"https://{PLATFORM}"
_TOKEN_LASTS = timedelta(minutes=30)
_POLICY = SMTP.clone(max_line_length=998)  # else Python writes a long Message-ID as encoded words, which nobody reads


def comment_event(comment: Comment, *, reply_url: str) -> dict[str, Any]:
    """Return a comment as the platform reports it."""
    page = f"{page_of(comment.campaign)}/{comment.thread.id}"
    changed = "created_at" if comment.kind == "comment.created" else "updated_at"
    return {
        "type": comment.kind,
        "timestamp": comment.at.isoformat(),
        "data": {
            "platform": PLATFORM,
            "campaign": {"id": comment.campaign.key, "title": comment.campaign.name},
            "thread": {"id": f"{comment.campaign.key}/{comment.thread.id}", "title": comment.thread.title, "url": page},
            "comment": {
                "id": comment.id,
                "parent_id": comment.parent,
                "version": comment.version,
                changed: comment.at.isoformat(),
                "permalink": f"{page}#{comment.id}",
                "body": {"text": comment.text, "format": "text"},
                "language": comment.language,
            },
            "author": {
                "id": comment.author.user_id,
                "display_name": comment.author.public_name,
                "locale": comment.author.language,
            },
            "reply": {"url": reply_url, "actions": ["reply"]},
        },
    }


def call_event(fact: CallFact) -> dict[str, Any]:
    """Return what the telephone system reports of a call."""
    event: dict[str, Any] = {
        "call_id": fact.call_id,
        "event": fact.event,
        "direction": "in",
        "from": fact.caller,
        "to": fact.campaign.line,
        "at": fact.at.isoformat(),
        "caller_name": fact.author.name if fact.author else None,
        "cause": fact.cause,
        "duration": fact.duration,
        "manager": fact.manager,
        "transcript": fact.text or None,
    }
    return {key: value for key, value in event.items() if value is not None}


def mail_bytes(mail: Mail) -> bytes:
    """Return a mail as it lies in the mailbox of the campaign."""
    return written_mail(
        mail.author, address_of(mail.campaign), mail.subject, mail.text, message_id=mail.message_id, at=mail.at,
        answers=mail.answers,
    )  # fmt: skip


def written_mail(  # noqa: PLR0913 - the fields of a mail
    author: Person, to: str, subject: str, text: str, *, message_id: str, at: datetime, answers: str | None = None
) -> bytes:
    """Return the bytes of a mail."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"], mail["To"] = formataddr((author.name, author.email)), to
    mail["Subject"], mail["Date"], mail["Message-ID"] = subject, format_datetime(at), message_id
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text, cte="8bit")
    return mail.as_bytes()


def identity_token(person: Person, secret: str, *, inbox_id: str, at: datetime) -> str:
    """Sign who is chatting, as the platform does for its members (JWT with HS256, RFC 7519)."""
    claims = {
        "sub": person.user_id,
        "aud": inbox_id,
        "iat": int(at.timestamp()),
        "exp": int((at + _TOKEN_LASTS).timestamp()),
        "name": person.name,
        "email": person.email,
        "locale": person.language,
    }
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), sha256))}"


def address_of(campaign: StagedCampaign) -> str:
    """Return the address that people write to about a campaign."""
    return f"{campaign.key}@{PLATFORM}"


def page_of(campaign: StagedCampaign) -> str:
    """Return the campaign's page on the platform."""
    return f"{SITE}/projekte/{campaign.key}"


def _encoded(value: Mapping[str, object]) -> str:
    return _base64(orjson.dumps(value))


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
