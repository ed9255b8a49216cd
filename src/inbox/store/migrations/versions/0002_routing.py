"""Routing: lanes, teams, skills and weights of tickets, what managers can hold, and through whose hands tickets went.

Capacities become hundredths of a person: eight tickets were a full one. Tickets that are here get the weight and the
target of what their channel looks like, since a migration knows no channels.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXTS = sa.ARRAY(sa.Text())
_IDS = sa.ARRAY(sa.Uuid())
_MOMENT = sa.DateTime(timezone=True)
_EMPTY = sa.text("'{}'")


def upgrade() -> None:
    _teams_and_people()
    _tickets()
    _histories()
    op.execute("update managers set capacity = greatest(round(capacity * 12.5), 10) where capacity > 0")
    op.execute("update tickets set live = true, weight = 30, target = '1 minute' where public_seq > 0")
    op.execute("update tickets set target = '1 hour' where public")
    op.execute(
        "update tickets t set weight = 100, target = '30 minutes'"
        " where exists (select from messages m where m.ticket_id = t.id and m.kind = 'call')"
    )
    op.execute(
        "update tickets set due_at = waiting_since + target * (array[2, 1, 0.5, 0.25])[priority + 1]"
        " where state = 'open' and waiting_since is not null and due_at is null"
    )


def _teams_and_people() -> None:
    op.add_column("teams", sa.Column("mode", sa.Text(), server_default=sa.text("'assign'"), nullable=False))
    op.add_column("teams", sa.Column("skills", _TEXTS, server_default=_EMPTY, nullable=False))
    op.add_column("teams", sa.Column("overflow_to", _IDS, server_default=_EMPTY, nullable=False))
    op.add_column("teams", sa.Column("overflow_after", sa.Integer(), server_default=sa.text("50"), nullable=False))
    op.add_column(
        "teams", sa.Column("offer_for", sa.Interval(), server_default=sa.text("'30 seconds'"), nullable=False)
    )
    op.alter_column("managers", "capacity", server_default=sa.text("100"))
    op.add_column("managers", sa.Column("weights", postgresql.JSONB(), server_default=_EMPTY, nullable=False))
    op.add_column("managers", sa.Column("skills", _TEXTS, server_default=_EMPTY, nullable=False))
    op.add_column("managers", sa.Column("silent", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("contacts", sa.Column("roles", _TEXTS, server_default=_EMPTY, nullable=False))


def _tickets() -> None:
    for column in (
        sa.Column("live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lane", sa.Text(), server_default=sa.text("'answer'"), nullable=False),
        sa.Column("lane_by", sa.Text()),
        sa.Column("lane_why", postgresql.JSONB()),
        sa.Column("team_id", sa.Uuid(), sa.ForeignKey("teams.id", name=op.f("fk_tickets_team_id"))),
        sa.Column("skills", _TEXTS, server_default=_EMPTY, nullable=False),
        sa.Column("weight", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("target", sa.Interval(), server_default=sa.text("'4 hours'"), nullable=False),
        sa.Column("assigned_at", _MOMENT),
        sa.Column("assigned_why", postgresql.JSONB()),
        sa.Column("offered_to", sa.Uuid(), sa.ForeignKey("managers.id", name=op.f("fk_tickets_offered_to"))),
        sa.Column("offered_until", _MOMENT),
        sa.Column("declined_by", _IDS, server_default=_EMPTY, nullable=False),
    ):
        op.add_column("tickets", column)
    op.create_index("ix_tickets_offered", "tickets", ["offered_to"], postgresql_where=sa.text("offered_to is not null"))


def _histories() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.Uuid()),
        sa.Column("why", postgresql.JSONB()),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], op.f("fk_assignments_ticket_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], op.f("fk_assignments_contact_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["managers.id"], op.f("fk_assignments_manager_id")),
        sa.ForeignKeyConstraint(["by"], ["managers.id"], op.f("fk_assignments_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_ticket_id"), "assignments", ["ticket_id"])
    op.create_index("ix_assignments_at", "assignments", ["at"])
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["managers.id"], op.f("fk_attendance_manager_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_at", "attendance", ["at", "manager_id"])
