"""Examples of a chat inbox, for the contract tests."""

from __future__ import annotations

from inbox.channel.model import Outgoing
from inbox.domain.ids import InboxId, MessageId, TicketId, new_id
from inbox.testing.fakes import NOON
from inbox.testing.sample import Sample
from inbox_chat.channel import ChatChannel


def sample() -> Sample:
    """Return settings and an answer; a chat is sent nothing by webhook."""
    return Sample(
        channel=ChatChannel(),
        config={
            "sites": ["https://crowd.example"],
            "form": "name_email",
            "platform": "crowd.example",
            "identity_secret": "known to everybody, for tests only",
        },
        outgoing=_answer(),
    )


def _answer() -> Outgoing:
    return Outgoing(
        id=MessageId(new_id()),
        ticket_id=TicketId(new_id()),
        inbox_id=InboxId(new_id()),
        text="In May.",
        at=NOON,
        from_name="Tom",
    )
