"""Quotas of bytes, which an integer is too small for.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("quotas", "at_most", type_=sa.BigInteger())


def downgrade() -> None:
    op.execute("DELETE FROM quotas WHERE at_most >= 2147483648")
    op.alter_column("quotas", "at_most", type_=sa.Integer())
