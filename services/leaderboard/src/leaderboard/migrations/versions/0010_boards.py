"""Boards that people make, releases of boards, and the history of ranks.

Revision ID: 0010
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
MOMENT = sa.DateTime(timezone=True)
BOARD = sa.String(200, collation="C")


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("name", BOARD, nullable=False),
        sa.Column("owner", sa.String(100, collation="C"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("summary", sa.String(1000), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.String(60)), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("changed_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_boards")),
    )
    op.create_index(op.f("ix_boards_owner"), "boards", ["owner"])
    op.create_table(
        "releases",
        sa.Column("board", BOARD, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("board", "number", name=op.f("pk_releases")),
    )
    op.create_table(
        "release_rows",
        sa.Column("board", BOARD, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("board", "number", "part", name=op.f("pk_release_rows")),
    )
    op.create_table(
        "rank_days",
        sa.Column("board", BOARD, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ranked", sa.Integer(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("board", "part", "day", name=op.f("pk_rank_days")),
    )


def downgrade() -> None:
    for table in ("rank_days", "release_rows", "releases", "boards"):
        op.drop_table(table)
