"""Adding an edge keeps one index less: the graph in memory answers what it was for.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

from mergehub.kit.database.migrations import without_lock

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEX = "ix_edges_parent_child"


def upgrade() -> None:
    with without_lock():
        op.drop_index(INDEX, "edges", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.create_index(INDEX, "edges", ["parent", "child"])
