"""No statistics about what is never searched: to gather them cost more than all others, every few minutes."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NEVER_SEARCHED = {
    "events": "type subject inbox_id campaign_id data",
    "messages": "text html quoted subject author_name parent_external_id error call attachments recipients meta",
    "originals": "body headers content_type reason",
    "public_log": "entry",
    "tickets": "tags campaign_key last_line last_direction lane_why routed_why by_hand skills target weight "
    "assigned_why declined_by snoozed_until solved_at follows",
}


def upgrade() -> None:
    for table, columns in _NEVER_SEARCHED.items():
        changes = ", ".join(f"alter column {column} set statistics 0" for column in columns.split())
        op.execute(f"alter table {table} {changes}")
    # The unique constraint begins with the contact as well.
    op.drop_index("ix_identities_contact_id", "identities")
