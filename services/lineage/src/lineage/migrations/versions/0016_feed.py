"""The positions of models in the feed of their facts.

Revision ID: 0016
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("feed_positions")))
    op.create_table(
        "model_positions",
        sa.Column("model", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_positions")),
    )
    op.create_index("ix_model_positions_position", "model_positions", ["position"], unique=True)
    op.create_table(
        "feed_place",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column(
            "applied", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("filled", sa.BigInteger(), nullable=True),
        sa.Column(
            "read_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_place")),
    )


def downgrade() -> None:
    op.drop_table("feed_place")
    op.drop_table("model_positions")
    op.execute(sa.schema.DropSequence(sa.Sequence("feed_positions")))
