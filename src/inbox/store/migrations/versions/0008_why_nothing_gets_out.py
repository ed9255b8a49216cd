"""Why nothing gets out by an inbox, beside how it is with what comes in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inboxes", sa.Column("sending_fault", sa.Text(), nullable=True))
