"""The table of moves: which messages went from one ticket to another, so that it can be undone."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from inbox.store.schema import Moment, key, metadata

moves = Table(
    "moves",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # merge | split
    Column("source_id", ForeignKey("tickets.id"), nullable=False, index=True),
    Column("target_id", ForeignKey("tickets.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", ForeignKey("managers.id")),  # null: a program
    Column("reason", Text),
    Column("places", JSONB, nullable=False),  # [[message, its place in the source]]
    Column("before", JSONB, nullable=False),  # of the source
    Column("target_before", JSONB(none_as_null=True)),
    Column("undone_at", Moment),
)
