"""Examples of comments, for the contract tests."""

from __future__ import annotations

import orjson

from inbox.channel.model import Outgoing
from inbox.domain.ids import InboxId, MessageId, TicketId, new_id
from inbox.testing.fakes import NOON
from inbox.testing.hooks import comment_event, signed_call
from inbox.testing.sample import Sample, original
from inbox_comments.channel import CommentsChannel

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - for tests, known to everybody
OTHER_SECRET = "whsec_c2VjcmV0IG51bWJlciB0d28gZm9yIHRlc3Rz"  # noqa: S105 - for tests, known to everybody
REPLY_URL = "https://crowd.example/api/comments/c-1/replies"


def sample() -> Sample:
    """Return settings, events and an answer."""
    created = comment_event(reply_url=REPLY_URL)
    deleted = comment_event("c-2", kind="comment.deleted", version=2)
    return Sample(
        channel=CommentsChannel(),
        config={"secret": SECRET, "reply_origins": ["https://crowd.example"]},
        other_secret={"secret": OTHER_SECRET},
        originals=(original(orjson.dumps(created)), original(orjson.dumps(deleted), key="original-2")),
        calls=(signed_call(created, SECRET), signed_call(deleted, SECRET, message_id="msg_2")),
        signature_header="webhook-signature",
        outgoing=answer(),
        sends_by_http=True,
    )


def answer(text: str = "Am 12. April.", *, url: str = REPLY_URL) -> Outgoing:
    """Return an answer to a comment."""
    return Outgoing(
        id=MessageId(new_id()),
        ticket_id=TicketId(new_id()),
        inbox_id=InboxId(new_id()),
        text=text,
        at=NOON,
        from_name="Aylin",
        thread="mitmachwerk.example/update-3",
        parent_external_id="c-1",
        parent_meta={"reply": {"url": url, "actions": ["reply"]}},
    )
