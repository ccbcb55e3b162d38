"""Tokens lose scopes that no operation ever asked for.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for scope in ("results:write", "lineage:write"):
        op.execute(
            f"UPDATE tokens SET scopes = array_remove(scopes, '{scope}') "  # noqa: S608 - constants
            f"WHERE '{scope}' = ANY (scopes)"
        )


def downgrade() -> None:
    pass  # they allowed nothing
