"""Names of models are compared without case; every table has the first spelling of a name.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FIRST = """
INSERT INTO spellings (name)
SELECT DISTINCT ON (lower(name)) name FROM (
  SELECT model AS name, min(id) AS at FROM results GROUP BY model
  UNION ALL SELECT model, NULL FROM parents
  UNION ALL SELECT parent, NULL FROM parents
) AS used ORDER BY lower(name), at NULLS LAST, name
"""
DOUBLED = """
DELETE FROM parents AS one USING parents AS other
WHERE lower(one.model) = lower(other.model) AND lower(one.parent) = lower(other.parent)
  AND one.role = other.role AND (one.model, one.parent) > (other.model, other.parent)
"""
SPELLED = """
UPDATE {table} SET {column} = spellings.name FROM spellings
WHERE lower(spellings.name) = lower({column}) AND spellings.name <> {column}
"""


def upgrade() -> None:
    op.create_table(
        "spellings",
        sa.Column("name", sa.String(500, collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_spellings")),
    )
    op.execute(FIRST)
    op.create_index("uq_spellings_lower_name", "spellings", [sa.text("lower(name)")], unique=True)
    op.execute(DOUBLED)
    for table, column in (("results", "model"), ("parents", "model"), ("parents", "parent")):
        op.execute(SPELLED.format(table=table, column=column))


def downgrade() -> None:
    op.drop_table("spellings")
