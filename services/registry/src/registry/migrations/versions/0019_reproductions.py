"""Locks and manifests of merges; reproductions of recipes, and their number.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "run_locks",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("lock", sa.LargeBinary(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        _to("run_locks", "run_id", "runs.id"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_locks")),
    )
    _reproductions()
    op.add_column(
        "recipes", sa.Column("reproductions", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("recipes", "reproductions")
    op.drop_table("reproductions")
    op.drop_table("run_locks")


def _reproductions() -> None:
    table = "reproductions"
    op.create_table(
        table,
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        _to(table, "run_id", "runs.id"),
        _to(table, "merge_id", "runs.id"),
        _to(table, "version_id", "recipe_versions.id", ondelete="CASCADE"),
        _to(table, "recipe_id", "recipes.id", ondelete="CASCADE"),
        _to(table, "owner", "accounts.handle"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reproductions")),
    )
    newest = [sa.text("created_at DESC"), sa.text("run_id DESC")]
    op.create_index("ix_reproductions_recipe", table, ["recipe_id", *newest])
    op.create_index(
        "ix_reproductions_counted", table, ["recipe_id", "owner"],
        unique=True, postgresql_where=sa.text("counted"),
    )  # fmt: skip


def _to(
    table: str, column: str, target: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=ondelete)
