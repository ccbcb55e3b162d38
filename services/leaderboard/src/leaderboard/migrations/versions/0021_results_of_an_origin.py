"""Results of an origin on a benchmark are read from an index in the order of ids.

The index by origin alone goes: the one by origin and id serves for it.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op

from mergehub.kit.database.migrations import without_lock

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NEW = "ix_facts_origin_id_setting_id_id"
NEEDLESS = "ix_facts_origin_id"


def upgrade() -> None:
    with without_lock():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {NEW}")
        op.execute(f"CREATE INDEX CONCURRENTLY {NEW} ON facts (origin_id, setting_id, id)")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {NEEDLESS}")


def downgrade() -> None:
    op.execute(f"CREATE INDEX {NEEDLESS} ON facts (origin_id)")
    op.execute(f"DROP INDEX {NEW}")
