"""Twins of originals are found by their digest alone."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without statistics, an index that begins with the inbox looks as good for finding a key as the one of the keys; a
    # plan kept from then read every original of the inbox for each message.
    op.drop_index("ix_originals_digest", table_name="originals")
    op.create_index(op.f("ix_originals_digest"), "originals", ["digest"], unique=False)
