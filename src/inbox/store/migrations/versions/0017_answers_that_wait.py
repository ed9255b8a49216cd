"""When an answer that waits leaves, and whether it still does once somebody has answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("send_at", sa.DateTime(timezone=True)))
    op.add_column("messages", sa.Column("unless_answered", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index(
        "ix_messages_scheduled", "messages", ["send_at"], postgresql_where=sa.text("delivery = 'scheduled'")
    )
