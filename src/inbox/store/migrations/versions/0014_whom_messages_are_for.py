"""Whom messages are for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is kept beside the table: no row is written anew.
    op.add_column("messages", sa.Column("recipients", JSONB, nullable=False, server_default=sa.text("'[]'")))
