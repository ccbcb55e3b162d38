"""Where a run's model is to be pushed, and where workers may push.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("push", JSONB(), nullable=True))
    op.add_column("workers", sa.Column("pushes", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("workers", "pushes")
    op.drop_column("runs", "push")
