"""Workers, what runs need and how long an attempt may take.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    op.add_column("runs", sa.Column("needs", postgresql.JSONB(none_as_null=True)))
    op.add_column(
        "runs", sa.Column("timeout_seconds", sa.Integer(), nullable=False, server_default="86400")
    )
    op.alter_column("runs", "timeout_seconds", server_default=None)
    op.add_column("runs", sa.Column("claimed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE runs SET claimed_at = now() WHERE state = 'running'")
    op.create_index("ix_runs_worker", "runs", ["worker"], postgresql_where=RUNNING)
    op.create_table(
        "workers",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("hardware", sa.String(20), nullable=False),
        sa.Column("capacity", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )
    op.create_index("ix_workers_seen_at", "workers", ["seen_at"])


def downgrade() -> None:
    op.drop_table("workers")
    op.drop_index("ix_runs_worker", "runs")
    for column in ("claimed_at", "timeout_seconds", "needs"):
        op.drop_column("runs", column)
