"""The tables of routing: the rulebook in all its versions."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from inbox.store.schema import Moment, metadata

rulebooks = Table(  # the newest counts; the older ones can be brought back
    "rulebooks",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("saved_by", ForeignKey("managers.id")),  # null: a program
    Column("saved_at", Moment, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
)
