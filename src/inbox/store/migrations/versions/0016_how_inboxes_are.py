"""How inboxes are: when their far end was heard, what went wrong last, since when they are down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("heard_at", "received_at", "failed_at", "down_since", "told_at"):
        op.add_column("inboxes", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("inboxes", sa.Column("failure", sa.Text()))
    op.execute(
        "update inboxes set down_since = coalesce(health_at, now()), failed_at = health_at,"
        " failure = case when health = 'failing' then health_note else sending_fault end"
        " where health = 'failing' or sending_fault is not null"
    )
