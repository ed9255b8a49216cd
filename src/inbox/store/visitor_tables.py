"""The tables of visitors of a chat: who they are, what they uploaded, what they may see."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from inbox.store.schema import Moment, key, metadata

visitors = Table(
    "visitors",
    metadata,
    key(),
    Column("inbox_id", ForeignKey("inboxes.id"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("contact_id", ForeignKey("contacts.id"), index=True),
    Column("address", Text),  # where they want to be written to: what they typed, or what the platform signed
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

visitor_files = Table(  # what a visitor uploaded, for a day: to be said, and to be counted
    "visitor_files",
    metadata,
    key(),
    Column("visitor_id", ForeignKey("visitors.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_visitor_files_visitor", "visitor_id", "created_at"),
    Index("ix_visitor_files_age", "created_at"),
)

public_log = Table(  # all that a visitor may see of a ticket, in its own dense order
    "public_log",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("message_id", ForeignKey("messages.id")),
    Column("entry", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

team_reads = Table(  # how far somebody of the team has looked at a chat
    "team_reads",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, nullable=False),  # of the public log
    Column("at", Moment, nullable=False),
)
