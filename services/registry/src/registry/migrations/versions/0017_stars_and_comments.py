"""Stars and comments, and how many of them each recipe has.

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

COUNTERS = ("stars", "comments")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in COUNTERS:
        op.add_column("recipes", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    _stars()
    _comments()


def _stars() -> None:
    op.create_table(
        "stars",
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("recipe_id", "account", name=op.f("pk_stars")),
        _foreign("stars", ["recipe_id"], ["recipes.id"], "recipe_id_recipes", "CASCADE"),
        _foreign("stars", ["account"], ["accounts.handle"], "account_accounts"),
    )
    newest = sa.text("created_at DESC")
    op.create_index("ix_stars_recipe_id_created_at", "stars", ["recipe_id", newest, "account"])
    op.create_index(
        "ix_stars_account_created_at", "stars", ["account", newest, sa.text("recipe_id DESC")]
    )


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thread", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer()),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", MOMENT),
        sa.Column("removed_at", MOMENT),
        sa.Column("removed_by", sa.String(10)),
        sa.PrimaryKeyConstraint("recipe_id", "number", name=op.f("pk_comments")),
        _foreign("comments", ["recipe_id"], ["recipes.id"], "recipe_id_recipes", "CASCADE"),
        _foreign("comments", ["author"], ["accounts.handle"], "author_accounts"),
        _foreign(
            "comments",
            ["recipe_id", "parent"],
            ["comments.recipe_id", "comments.number"],
            "parent",
            "CASCADE",
        ),
        _check("thread = coalesce(parent, number)", "thread"),
        _check("removed_by IN ('author', 'moderator')", "removed_by"),
        _check("(removed_at IS NULL) = (removed_by IS NULL)", "removed"),
    )
    columns = ["recipe_id", "thread", "number"]
    op.create_index("ix_comments_recipe_id_thread_number", "comments", columns)
    op.create_index("ix_comments_author_created_at", "comments", ["author", "created_at"])


def _foreign(
    table: str, columns: list[str], of: list[str], name: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, of, name=op.f(f"fk_{table}_{name}"), ondelete=ondelete)


def _check(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_comments_{name}"))


def downgrade() -> None:
    op.drop_table("comments")
    op.drop_table("stars")
    for name in COUNTERS:
        op.drop_column("recipes", name)
