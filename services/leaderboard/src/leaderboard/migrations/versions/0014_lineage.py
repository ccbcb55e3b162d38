"""What lineage says of models: facts, parents, former names.

Revision ID: 0014
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("lineage_place", "former_names", "model_parents", "model_facts")


def upgrade() -> None:
    op.create_table(
        "model_facts",
        sa.Column("model_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lineage_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100), nullable=True),
        sa.Column("architecture", sa.String(100), nullable=True),
        sa.Column("family", sa.String(100), nullable=True),
        sa.Column("parameters", sa.BigInteger(), nullable=True),
        sa.Column("licence", sa.String(100), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.String(60)), nullable=False),
        sa.Column("flags", postgresql.ARRAY(sa.String(40)), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_facts")),
    )
    op.create_table(
        "model_parents",
        sa.Column("model_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100), nullable=True),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("model_id", "parent_id", "role", name=op.f("pk_model_parents")),
    )
    op.create_table(
        "former_names",
        sa.Column("name", sa.String(500, collation="C"), nullable=False),
        sa.Column("model_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_former_names")),
    )
    op.create_index(op.f("ix_former_names_model_id"), "former_names", ["model_id"])
    op.create_index(
        "uq_former_names_lower_name", "former_names", [sa.text("lower(name)")], unique=True
    )
    op.create_table(
        "lineage_place",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage_place")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
