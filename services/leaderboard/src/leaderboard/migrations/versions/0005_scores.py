"""The scores of boards, in the order in which they changed.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("score_revisions")))
    op.create_table(
        "scores",
        sa.Column("board", sa.String(100, collation="C"), nullable=False),
        sa.Column("model", sa.String(500, collation="C"), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("uplift", sa.Double(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("board", "model", name=op.f("pk_scores")),
    )
    op.create_index("ix_scores_board_revision", "scores", ["board", "revision"], unique=True)


def downgrade() -> None:
    op.drop_table("scores")
    op.execute(sa.schema.DropSequence(sa.Sequence("score_revisions")))
