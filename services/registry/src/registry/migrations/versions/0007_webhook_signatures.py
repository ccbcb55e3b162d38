"""Webhook secrets are sealed, and may be key pairs.

Secrets in clear are sealed at the next start, when the key is known (see
`registry.webhooks.secrets`).

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "webhook_endpoints"


def upgrade() -> None:
    for column in ("secret", "previous_secret"):
        op.alter_column(TABLE, column, type_=sa.Text())
    op.add_column(TABLE, sa.Column("signature", sa.String(3), nullable=False, server_default="v1"))
    op.alter_column(TABLE, "signature", server_default=None)
    op.add_column(TABLE, sa.Column("public_key", sa.String(100)))
    op.create_check_constraint(
        op.f("ck_webhook_endpoints_public_key"),
        TABLE,
        "(signature = 'v1a') = (public_key IS NOT NULL)",
    )


def downgrade() -> None:
    # Sealed secrets and key pairs mean nothing to the earlier version.
    op.execute("DELETE FROM webhook_endpoints WHERE signature <> 'v1' OR secret LIKE 'sealed:%'")
    op.execute("UPDATE webhook_endpoints SET previous_secret = NULL, previous_until = NULL")
    op.drop_constraint(op.f("ck_webhook_endpoints_public_key"), TABLE)
    for column in ("signature", "public_key"):
        op.drop_column(TABLE, column)
    for column in ("secret", "previous_secret"):
        op.alter_column(TABLE, column, type_=sa.String(100))
