"""Lists of results are read from an index in the order of ids, by source, benchmark or origin.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

from alembic import op

from mergehub.kit.database.migrations import without_lock

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_facts_source_id": "facts (source, id)",
    "ix_facts_setting_id_source_id": "facts (setting_id, source, id)",
    "ix_facts_origin_id_id": "facts (origin_id, id)",
    "ix_variants_precision": "variants (precision)",
}


def upgrade() -> None:
    with without_lock():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
