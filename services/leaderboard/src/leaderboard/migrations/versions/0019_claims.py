"""What imports claim of models that lineage says nothing about.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_claims",
        sa.Column("model_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("family", sa.String(100), nullable=True),
        sa.Column("parameters", sa.BigInteger(), nullable=True),
        sa.Column("licence", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_claims")),
    )


def downgrade() -> None:
    op.drop_table("model_claims")
