"""Messages move: tickets are merged and split, and can be parted again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_tickets_merged_into", "tickets", "tickets", ["merged_into"], ["id"])
    op.create_index(
        "ix_tickets_merged_into", "tickets", ["merged_into"], postgresql_where=sa.text("merged_into is not null")
    )
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("places", JSONB(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("target_before", JSONB(), nullable=True),
        sa.Column("undone_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["tickets.id"], name="fk_moves_source_id"),
        sa.ForeignKeyConstraint(["target_id"], ["tickets.id"], name="fk_moves_target_id"),
        sa.ForeignKeyConstraint(["by"], ["managers.id"], name="fk_moves_by"),
        sa.PrimaryKeyConstraint("id", name="pk_moves"),
    )
    op.create_index("ix_moves_source_id", "moves", ["source_id"])
    op.create_index("ix_moves_target_id", "moves", ["target_id"])
