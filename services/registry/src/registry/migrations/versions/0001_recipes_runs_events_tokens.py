"""Recipes, runs, events, tokens and idempotency keys.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tokens()
    _idempotency_keys()
    _outbox()
    _recipes()
    _runs()


def downgrade() -> None:
    for table in (
        "run_items", "runs", "recipe_versions", "recipes", "outbox", "idempotency_keys", "tokens"
    ):  # fmt: skip
        op.drop_table(table)


def _time(name: str = "created_at") -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("scopes", ARRAY(sa.String(60)), nullable=False),
        _time(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_tokens_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(200), nullable=False),
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _time(),
        sa.PrimaryKeyConstraint("caller", "path", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        _time("time"),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        sa.UniqueConstraint("sequence", name=op.f("uq_outbox_sequence")),
    )
    op.create_index(
        "outbox_unpublished", "outbox", ["id"], postgresql_where=sa.text("NOT published")
    )


def _recipes() -> None:
    op.create_table(
        "recipes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", ARRAY(sa.String(50)), nullable=False),
        sa.Column("domains", ARRAY(sa.String(50)), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        _time(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipes")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_recipes_owner_name")),
    )
    _newest_first("recipes")
    op.create_index("ix_recipes_tags", "recipes", ["tags"], postgresql_using="gin")
    op.create_table(
        "recipe_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("method", sa.String(100), nullable=False),
        sa.Column("ingredients", ARRAY(sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        _time(),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipes.id"], name=op.f("fk_recipe_versions_recipe_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipe_versions")),
        sa.UniqueConstraint(
            "recipe_id", "number", name=op.f("uq_recipe_versions_recipe_id_number")
        ),
    )
    op.create_index(op.f("ix_recipe_versions_digest"), "recipe_versions", ["digest"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("hardware", sa.String(20), nullable=False),
        sa.Column("spec", JSONB(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(200)),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True)),
        sa.Column(
            "cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("progress", JSONB()),
        sa.Column("result", JSONB()),
        sa.Column("error", JSONB()),
        sa.Column("report_digest", sa.String(64)),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        _time(),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_runs_state"),
        ),
        sa.CheckConstraint(
            "(state = 'running') = (lease_expires_at IS NOT NULL)", name=op.f("ck_runs_lease")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    _newest_first("runs")
    _index_where("ix_runs_due", "due_at", "queued")
    _index_where("ix_runs_lease", "lease_expires_at", "running")
    op.create_table(
        "run_items",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("benchmark", sa.Text(), nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_items_run_id")),
        sa.PrimaryKeyConstraint("run_id", "benchmark", name=op.f("pk_run_items")),
    )


def _newest_first(table: str) -> None:
    columns = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index(f"ix_{table}_created_at_id", table, columns)


def _index_where(name: str, column: str, state: str) -> None:
    """An index of the runs that the sweeper looks for."""
    op.create_index(name, "runs", [column], postgresql_where=sa.text(f"state = '{state}'"))
