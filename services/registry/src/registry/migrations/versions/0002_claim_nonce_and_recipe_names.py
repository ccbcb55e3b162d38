"""The mark that identifies a repeated claim whose answer was lost; recipes found by name alone.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("claim_nonce", sa.Uuid()))
    op.create_index("ix_recipes_name", "recipes", ["name"])


def downgrade() -> None:
    op.drop_index("ix_recipes_name")
    op.drop_column("runs", "claim_nonce")
