"""A look at the names that recipes had, from within the statement that takes a name.

PostgreSQL gives a statement one view of the tables, taken when it begins. The queries of a volatile
function each get their own, so this one also sees a name that was given up while the statement
waited for it.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION refuse_former_name(whose text, wanted text, recipe uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF EXISTS (
    SELECT FROM recipe_names WHERE owner = whose AND name = wanted AND recipe_id <> recipe
  ) THEN
    RAISE unique_violation USING MESSAGE = 'another recipe had this name';
  END IF;
  RETURN true;
END
$$
"""


def upgrade() -> None:
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_former_name")
