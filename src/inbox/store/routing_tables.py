"""The tables of routing: the rulebook in all its versions, the histories of hands and of attendance."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from inbox.store.schema import Moment, key, metadata

rulebooks = Table(  # the newest counts; the older ones can be brought back
    "rulebooks",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("saved_by", ForeignKey("managers.id")),  # null: a program
    Column("saved_at", Moment, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
)

assignments = Table(  # through whose hands a ticket went, and why
    "assignments",
    metadata,
    key(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL")),
    Column("manager_id", ForeignKey("managers.id"), nullable=False),
    Column("how", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", ForeignKey("managers.id")),  # null: the service
    Column("why", JSONB(none_as_null=True)),
    Index("ix_assignments_at", "at"),
)

attendance = Table(  # every change of whether somebody takes new work
    "attendance",
    metadata,
    key(),
    Column("manager_id", ForeignKey("managers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("availability", Text, nullable=False),
    Index("ix_attendance_at", "at", "manager_id"),
)
