"""Where visitors who left are written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visitors", sa.Column("address", sa.Text(), nullable=True))
    op.create_index(op.f("ix_visitors_contact_id"), "visitors", ["contact_id"])
