"""Who is not written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ticket_id", sa.Uuid, sa.ForeignKey("tickets.id", ondelete="SET NULL")),
    )
    op.create_index("ix_suppressions_at", "suppressions", ["at", "address"])
