"""Since when a manager is there or gone, so that what they left behind is known without their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("managers", sa.Column("availability_since", sa.DateTime(timezone=True)))
    op.execute(
        "update managers m set availability_since ="
        " (select max(at) from attendance a where a.manager_id = m.id having max(at) is not null)"
    )
