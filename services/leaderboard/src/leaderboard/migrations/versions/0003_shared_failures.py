"""Replicas count the failures of the next event together."""

from __future__ import annotations

from mergehub.kit.events.inbox_migrations import add_failures, drop_failures

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_failures()


def downgrade() -> None:
    drop_failures()
