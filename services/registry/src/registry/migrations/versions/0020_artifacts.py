"""The models that runs have stored, their files, and the rules by which they are deleted.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Runs from before get their rows by the housekeeping."""
    _artifacts()
    op.create_table(
        "artifact_files",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        _to("artifact_files", "run_id", "artifacts.run_id"),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_artifact_files")),
    )
    op.create_table(
        "retentions",
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("days", sa.Integer()),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("keep", JSONB(), nullable=False),
        _to("retentions", "account", "accounts.handle"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_retentions")),
    )


def downgrade() -> None:
    for table in ("retentions", "artifact_files", "artifacts"):
        op.drop_table(table)


def _artifacts() -> None:
    table = "artifacts"
    states = "state IN ('stored', 'leaving', 'deleting', 'gone')"
    op.create_table(
        table,
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), server_default="stored", nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("marked_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(states, name=op.f("ck_artifacts_state")),
        sa.CheckConstraint(
            "(state = 'stored') = (marked_at IS NULL)", name=op.f("ck_artifacts_marked")
        ),
        _to(table, "run_id", "runs.id"),
        _to(table, "owner", "accounts.handle"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_artifacts")),
    )
    newest = [sa.text("created_at DESC"), sa.text("run_id DESC")]
    op.create_index("ix_artifacts_created_at", table, newest)
    op.create_index("ix_artifacts_owner", table, ["owner", *newest])
    op.create_index(
        "ix_artifacts_leaving", table, ["marked_at"], postgresql_where=sa.text("state <> 'stored'")
    )
    op.create_index(
        "ix_artifacts_unread", table, ["run_id"], postgresql_where=sa.text("size IS NULL")
    )


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
