"""The arrays of a change are stored as they are: to compress them takes longer than to write them.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = ("edges", "models")


def upgrade() -> None:
    for kind in KINDS:
        op.execute(f"ALTER TABLE changes ALTER COLUMN {kind} SET STORAGE EXTERNAL")


def downgrade() -> None:
    for kind in KINDS:
        op.execute(f"ALTER TABLE changes ALTER COLUMN {kind} SET STORAGE EXTENDED")
