"""Products: the names of merged models and their owners; and the name of each run's model.

Of names that differ only in case, the first spelling stays, and all runs take it. A name in the
namespace of an account belongs to that account, even if another account made the first run. Models
that others made under that name stay theirs and are found by their run.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FIRST_SPELLINGS = """
INSERT INTO products (name, owner, created_at)
SELECT DISTINCT ON (lower(runs.model_name))
  runs.model_name, coalesce(accounts.handle, runs.owner), runs.created_at
FROM runs LEFT JOIN accounts
  ON position('/' IN runs.model_name) > 0
  AND accounts.handle = lower(split_part(runs.model_name, '/', 1))
WHERE runs.kind = 'merge'
ORDER BY lower(runs.model_name), runs.created_at, runs.id
"""
ONE_SPELLING = """
UPDATE runs SET model_name = products.name,
  spec = jsonb_set(spec, '{model_name}', to_jsonb(products.name))
FROM products WHERE lower(products.name) = lower(runs.model_name)
  AND products.name <> runs.model_name
"""
# Runs that wait or may be retried were submitted before their models were recorded. Their owners
# may use what is public and what is their own.
GRANTED = """
UPDATE runs SET products = coalesce((
  SELECT jsonb_object_agg('run:' || taken.id, taken.id)
  FROM regexp_matches(
    coalesce(runs.spec ->> 'recipe', runs.spec ->> 'model'), 'run:\\s*([0-9a-fA-F-]{36})', 'g'
  ) AS found
  JOIN runs AS taken ON taken.id::text = lower(found[1])
    AND (taken.visibility = 'public' OR taken.owner = runs.owner)
), '{}')
WHERE state <> 'succeeded'
"""


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_products")),
        sa.ForeignKeyConstraint(["owner"], ["accounts.handle"], name=op.f("fk_products_owner")),
    )
    op.create_index("uq_products_lower_name", "products", [sa.text("lower(name)")], unique=True)
    op.add_column("runs", sa.Column("model_name", sa.Text()))
    op.add_column("runs", sa.Column("products", JSONB(), server_default="{}", nullable=False))
    op.execute("UPDATE runs SET model_name = coalesce(spec ->> 'model_name', '')")
    op.alter_column("runs", "model_name", nullable=False)
    for statement in (FIRST_SPELLINGS, ONE_SPELLING, GRANTED):
        op.execute(statement)
    op.create_index(
        "ix_runs_lower_model_name",
        "runs",
        [sa.text("lower(model_name)"), sa.text("created_at DESC"), sa.text("id DESC")],
    )


def downgrade() -> None:
    op.drop_index("ix_runs_lower_model_name", "runs")
    for column in ("products", "model_name"):
        op.drop_column("runs", column)
    op.drop_table("products")
