"""Webhooks have a format, and may have a bearer token.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "webhook_endpoints"


def upgrade() -> None:
    # The release before creates endpoints without a format.
    op.add_column(
        TABLE, sa.Column("format", sa.String(20), nullable=False, server_default="standard")
    )
    op.add_column(TABLE, sa.Column("bearer_token", sa.Text()))


def downgrade() -> None:
    # The earlier version would send its own format, and no token.
    op.execute(
        "DELETE FROM webhook_endpoints WHERE format <> 'standard' OR bearer_token IS NOT NULL"
    )
    for column in ("bearer_token", "format"):
        op.drop_column(TABLE, column)
