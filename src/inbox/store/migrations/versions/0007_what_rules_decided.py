"""Which rules decided about a ticket, and what of it a person set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("routed_why", postgresql.JSONB()))
    empty = sa.text("'{}'")
    op.add_column("tickets", sa.Column("by_hand", sa.ARRAY(sa.Text()), server_default=empty, nullable=False))
    # Until now only people set a priority.
    op.execute("update tickets set by_hand = '{priority}' where priority <> 1")
