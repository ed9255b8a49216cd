"""What messages were understood from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# An original is that of a message which came at the same moment and whose id stands in it, or is the hash of it.
_FIND = """
update messages m set original_id = o.id
from originals o
where o.inbox_id = m.inbox_id and o.at = m.at and o.state = 'understood' and m.html is not null
  and m.direction = 'inbound' and m.external_id is not null
  and (position(convert_to(m.external_id, 'UTF8') in o.body) > 0
       or m.external_id = 'sha256:' || encode(sha256(o.body), 'hex'))
"""


def upgrade() -> None:
    op.add_column("messages", sa.Column("original_id", sa.Uuid))
    op.execute(_FIND)
