"""Ablations: what each ingredient of a merge adds.

Revision ID: 0018
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ablations",
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(500, collation="C"), nullable=True),
        sa.Column("recipe_digest", sa.String(200), nullable=False),
        sa.Column("method", sa.String(100), nullable=False),
        sa.Column("harness", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_ablations")),
    )
    newest, last = sa.text("created_at DESC"), sa.text("run DESC")
    op.create_index("ix_ablations_created_at_run", "ablations", [newest, last])
    op.create_index("ix_ablations_model", "ablations", ["model", newest])
    op.create_index("ix_ablations_recipe_digest", "ablations", ["recipe_digest", newest])


def downgrade() -> None:
    op.drop_table("ablations")
