"""An index of products by the part of the name before the slash, to find misspelt names.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_products_namespace", "products", [sa.text("lower(split_part(name, '/', 1))")]
    )


def downgrade() -> None:
    op.drop_index("ix_products_namespace", "products")
