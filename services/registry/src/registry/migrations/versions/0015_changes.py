"""A log of which recipes changed, and a number for each recipe.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mergehub.kit.replica.change_log import TransactionId

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute(
        "ALTER TABLE recipes ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY "
        "CONSTRAINT uq_recipes_number UNIQUE"
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid",
            TransactionId(),
            server_default=sa.text("pg_current_xact_id()"),
            nullable=False,
        ),
        sa.Column("recipes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_xid"), "changes", ["xid"])
    op.create_index(op.f("ix_changes_created_at"), "changes", ["created_at"])


def downgrade() -> None:
    op.drop_table("changes")
    op.drop_column("recipes", "number")
