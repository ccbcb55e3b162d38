"""Events that could not be applied are set aside."""

from __future__ import annotations

from mergehub.kit.events.inbox_migrations import create_refused, drop_refused

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_refused()


def downgrade() -> None:
    drop_refused()
