"""The warnings of a run's attempts.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'")
    op.add_column("runs", sa.Column("warnings", JSONB, nullable=False, server_default=empty))


def downgrade() -> None:
    op.drop_column("runs", "warnings")
