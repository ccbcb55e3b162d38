"""Counters of models have narrow rows of their own.

They begin at 0: what the release before counted stays in the rows of models, and is added. So both
releases may count at the same time, and no row is changed here.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INTO_MODELS = """
UPDATE models SET children_count = children_count + children, base_count = base_count + as_base,
  ingredient_count = ingredient_count + as_ingredient
FROM model_counters WHERE model_counters.model = models.number
"""


def upgrade() -> None:
    op.create_table(
        "model_counters",
        sa.Column("model", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("as_base", sa.Integer(), nullable=False),
        sa.Column("as_ingredient", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_counters")),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.execute(INTO_MODELS)
    op.drop_table("model_counters")
