"""Names are compared without case; of names that differ only in case, the first one counts.

The others keep their id, revisions and edges, and are aliases of the first.

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

ALIASES = """
UPDATE models SET alias_of = first.id
FROM (
  SELECT id, first_value(id) OVER (PARTITION BY lower(name) ORDER BY created_at, id) AS first
  FROM models
) AS same JOIN models AS first ON first.id = same.first
WHERE same.id = models.id AND same.first <> same.id
"""
NAMES = """
INSERT INTO model_names (model_id, name, since)
SELECT alias_of, name, created_at FROM models WHERE alias_of IS NOT NULL ORDER BY created_at, id
"""
NO_NAMES = """
DELETE FROM model_names USING models
WHERE models.alias_of = model_names.model_id AND models.name = model_names.name
"""


def upgrade() -> None:
    op.add_column("models", sa.Column("alias_of", sa.Uuid()))
    op.create_foreign_key(op.f("fk_models_alias_of"), "models", "models", ["alias_of"], ["id"])
    op.execute(ALIASES)
    op.execute(NAMES)
    op.create_index(
        "uq_models_lower_name",
        "models",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("alias_of IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_models_lower_name", "models")
    op.execute(NO_NAMES)
    op.drop_column("models", "alias_of")
