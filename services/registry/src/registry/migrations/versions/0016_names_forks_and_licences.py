"""Recipes have a licence, may be unlisted or archived, and keep former names and their origin.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = "recipes"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # The release before takes an unlisted recipe for a private one.
    op.add_column(
        TABLE, sa.Column("unlisted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(TABLE, sa.Column("licence", sa.String(100)))
    op.add_column(TABLE, sa.Column("forks", sa.Integer(), server_default="0", nullable=False))
    op.add_column(TABLE, sa.Column("archived_at", MOMENT))
    op.create_table(
        "recipe_names",
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_recipe_names")),
        sa.ForeignKeyConstraint(
            ["recipe_id"],
            ["recipes.id"],
            name=op.f("fk_recipe_names_recipe_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_recipe_names_recipe_id"), "recipe_names", ["recipe_id"])
    op.create_table(
        "recipe_forks",
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("recipe_id", name=op.f("pk_recipe_forks")),
        sa.ForeignKeyConstraint(
            ["recipe_id"],
            ["recipes.id"],
            name=op.f("fk_recipe_forks_recipe_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_recipe_forks_origin_id"), "recipe_forks", ["origin_id"])


def downgrade() -> None:
    for table in ("recipe_forks", "recipe_names"):
        op.drop_table(table)
    for column in ("archived_at", "forks", "licence", "unlisted"):
        op.drop_column(TABLE, column)
