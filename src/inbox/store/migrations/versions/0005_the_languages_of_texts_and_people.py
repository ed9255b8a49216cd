"""The language of each message; how we know a contact's, and that of their last clear text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without defaults: PostgreSQL then rewrites no table.
    op.add_column("messages", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("language_by", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("heard", sa.Text(), nullable=True))
