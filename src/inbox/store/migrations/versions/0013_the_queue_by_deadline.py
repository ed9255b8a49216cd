"""The queue in the order of its deadlines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ORDER: list[str | sa.TextClause] = [
    sa.text("coalesce(due_at, 'infinity'::timestamptz)"),
    sa.text("coalesce(waiting_since, 'infinity'::timestamptz)"),
    "id",
]
_BESIDE = ["inbox_id", "assignee_id", "campaign_id", "channel", "lane"]


def upgrade() -> None:
    op.drop_index("ix_tickets_queue", "tickets")
    op.drop_index("ix_tickets_lane", "tickets")
    is_open = sa.text("state = 'open'")
    op.create_index("ix_tickets_queue", "tickets", _ORDER, postgresql_include=_BESIDE, postgresql_where=is_open)
    others = sa.text("state = 'open' and lane <> 'answer'")
    op.create_index("ix_tickets_lane", "tickets", ["lane", *_ORDER], postgresql_where=others)
