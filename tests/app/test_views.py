"""What managers are shown of a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from inbox.app.views import message_view
from inbox.domain.ids import AttachmentId, InboxId, MessageId, TicketId
from inbox.domain.message import Attachment, Direction, Kind, Message

MAIL = Message(
    id=MessageId(UUID(int=1)),
    ticket_id=TicketId(UUID(int=2)),
    inbox_id=InboxId(UUID(int=3)),
    seq=1,
    kind=Kind.MESSAGE,
    direction=Direction.INBOUND,
    at=datetime(2026, 3, 25, tzinfo=UTC),
    text="cid:logo@x",
)


def picture(number: int, content_id: str) -> Attachment:
    return Attachment(AttachmentId(UUID(int=number)), "x.png", "image/png", 1, "0" * 64, content_id, inline=True)


def test_every_picture_of_a_mail_points_at_its_own_file() -> None:
    html = '<p>cid:logo</p><img src="cid:logo"><img src="cid:logo2"><img src="cid:a%40b"><img src="cid:gone">'
    files = (picture(7, "logo"), picture(8, "logo2"), picture(9, "a@b"))

    shown = message_view(replace(MAIL, html=html, attachments=files))["html"]

    places = [f'<img src="/api/v1/attachments/{file.id}?inline=1">' for file in files]
    assert shown == "<p>cid:logo</p>" + "".join(places) + '<img src="cid:gone">'
