"""Adding an edge looks up no revision again.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REVISIONS = ("child_revision", "parent_revision")


def upgrade() -> None:
    for column in REVISIONS:
        op.drop_constraint(op.f(f"fk_edges_{column}"), "edges")


def downgrade() -> None:
    for column in REVISIONS:
        op.create_foreign_key(op.f(f"fk_edges_{column}"), "edges", "revisions", [column], ["id"])
