"""Whose pictures are always fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture_senders",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
    )
