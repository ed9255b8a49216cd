"""What all tables share: how constraints are named, what a moment is."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, Uuid, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Moment = DateTime(timezone=True)
EMPTY_LIST = text("'{}'")
EMPTY_OBJECT = text("'{}'")
NOW = text("now()")


def key() -> Column[object]:
    """Return the column of an id."""
    return Column("id", Uuid, primary_key=True)
