"""What a search knows of recipes' content.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "recipe_features"


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.create_table(
        TABLE,
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("methods", texts, nullable=False),
        sa.Column("base", sa.Text()),
        sa.Column("ingredients", texts, nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipe_id"],
            ["recipes.id"],
            name=op.f("fk_recipe_features_recipe_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recipe_id", name=op.f("pk_recipe_features")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
