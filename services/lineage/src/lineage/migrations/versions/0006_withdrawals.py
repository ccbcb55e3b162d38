"""Edges can be withdrawn, claims say whether they state a role, and refused ones are kept whole.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
MOMENT = sa.DateTime(timezone=True)


def role_stated() -> sa.Column[bool]:
    return sa.Column("role_stated", sa.Boolean(), server_default=sa.text("true"), nullable=False)


def upgrade() -> None:
    op.add_column("edges", sa.Column("withdrawal", sa.BigInteger()))
    for table in ("edges", "claims"):
        op.add_column(table, role_stated())
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edge", sa.BigInteger(), nullable=False),
        sa.Column("child", sa.BigInteger(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("evidence", sa.String(1000)),
        sa.Column("withdrawn_by", sa.String(200), nullable=False),
        sa.Column("withdrawn_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("restored_by", sa.String(200)),
        sa.Column("restored_at", MOMENT),
        sa.ForeignKeyConstraint(["edge"], ["edges.id"], name=op.f("fk_withdrawals_edge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    op.create_index(op.f("ix_withdrawals_child"), "withdrawals", ["child"])
    op.create_table(
        "refused_claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("child_digest", sa.String(200)),
        sa.Column("parent_digest", sa.String(200)),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100)),
        sa.Column("weight", sa.Double()),
        sa.Column("density", sa.Double()),
        sa.Column("layers", postgresql.JSONB(none_as_null=True)),
        sa.Column("recipe_version", sa.Uuid()),
        sa.Column("run", sa.Uuid()),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("confidence", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.String(1000)),
        sa.Column("made_on", sa.Date()),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        role_stated(),
        sa.ForeignKeyConstraint(
            ["refused"],
            ["refused_edges.id"],
            name=op.f("fk_refused_claims_refused"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_claims")),
        sa.UniqueConstraint(
            "refused",
            "source",
            "child_digest",
            "parent_digest",
            name=op.f("uq_refused_claims_source"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def downgrade() -> None:
    """Edges that were withdrawn are in the graph again, as the release before knows no other."""
    op.drop_table("refused_claims")
    op.drop_table("withdrawals")
    for table in ("claims", "edges"):
        op.drop_column(table, "role_stated")
    op.drop_column("edges", "withdrawal")
