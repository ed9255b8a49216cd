"""Files of visitors, which wait for their message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visitor_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visitor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.id"], name=op.f("fk_visitor_files_visitor_id_visitors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_files")),
    )
    op.create_index("ix_visitor_files_visitor", "visitor_files", ["visitor_id", "created_at"])
    op.create_index("ix_visitor_files_age", "visitor_files", ["created_at"])
    op.create_index("ix_uploads_sha256", "uploads", ["sha256"])
    op.create_index(
        "ix_uploads_waiting", "uploads", ["created_at"], postgresql_where=sa.literal_column("message_id is null")
    )
