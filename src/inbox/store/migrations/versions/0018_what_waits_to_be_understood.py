"""What waits to be understood, over all inboxes in its order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By inbox, the next mails of all inboxes were found by sorting everything that waits, for each group anew.
    op.create_index("ix_originals_waiting", "originals", ["id"], postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_originals_pending", "originals")
