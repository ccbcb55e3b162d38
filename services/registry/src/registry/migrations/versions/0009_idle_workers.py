"""Workers: the time since when each has held no run.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = sa.text("now()")
    column = sa.Column("idle_since", sa.DateTime(timezone=True), server_default=now, nullable=False)
    op.add_column("workers", column)


def downgrade() -> None:
    op.drop_column("workers", "idle_since")
