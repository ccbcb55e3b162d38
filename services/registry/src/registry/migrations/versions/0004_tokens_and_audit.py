"""Tokens that expire and can be revoked, and the audit trail.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOT_REVOKED = sa.text("revoked_at IS NULL")
NEW_COLUMNS = ("hint", "created_by", "creator_id", "expires_at", "last_used_at", "revoked_at")


def upgrade() -> None:
    _tokens()
    _audit()


def downgrade() -> None:
    op.drop_table("audit")
    op.execute("DELETE FROM tokens WHERE revoked_at IS NOT NULL OR creator_id IS NOT NULL")
    for name in ("uq_tokens_name", "uq_tokens_hash", "ix_tokens_created_at_id"):
        op.drop_index(name, "tokens")
    for column in NEW_COLUMNS:
        op.drop_column("tokens", column)
    for column in ("name", "hash"):
        op.create_unique_constraint(op.f(f"uq_tokens_{column}"), "tokens", [column])


def _tokens() -> None:
    # Until now every token came from the settings.
    op.add_column("tokens", sa.Column("hint", sa.String(20), nullable=False, server_default="…"))
    op.add_column(
        "tokens",
        sa.Column("created_by", sa.String(200), nullable=False, server_default="settings"),
    )
    for column in ("hint", "created_by"):
        op.alter_column("tokens", column, server_default=None)
    op.add_column("tokens", sa.Column("creator_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_tokens_creator_id"), "tokens", "tokens", ["creator_id"], ["id"])
    for column in ("expires_at", "last_used_at", "revoked_at"):
        op.add_column("tokens", sa.Column(column, sa.DateTime(timezone=True)))
    for column in ("name", "hash"):
        name = op.f(f"uq_tokens_{column}")
        op.drop_constraint(name, "tokens")
        op.create_index(name, "tokens", [column], unique=True, postgresql_where=NOT_REVOKED)
    op.create_index(
        "ix_tokens_created_at_id", "tokens", [sa.text("created_at DESC"), sa.text("id DESC")]
    )
    op.create_index("ix_tokens_creator_id", "tokens", ["creator_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(300, "C"), nullable=False),
        sa.Column("request_id", sa.String(64)),
    )
    for column in ("subject", "actor"):
        op.create_index(f"ix_audit_{column}_id", "audit", [column, "id"])
