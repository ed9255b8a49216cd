"""How many mails of an inbox were found by comparing alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inboxes", sa.Column("missed", sa.Integer(), nullable=False, server_default=sa.text("0")))
