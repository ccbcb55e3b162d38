"""Facts are found by what they measure, by the run that measured it, and by their origin.

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

INDEXES = {
    "ix_facts_variant_id_setting_id": "(variant_id, setting_id)",
    "ix_facts_setting_id_id": "(setting_id, id)",
    "ix_facts_origin_id": "(origin_id)",
    "ix_facts_run": "(run) WHERE run IS NOT NULL",
}


def upgrade() -> None:
    with without_lock():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON facts {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
