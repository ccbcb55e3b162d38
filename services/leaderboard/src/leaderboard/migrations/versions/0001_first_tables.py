"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mergehub.kit.events.inbox_migrations import create_inbox, drop_inbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "benchmarks",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(length=100, collation="C"), nullable=False),
        sa.Column("version", sa.String(length=200, collation="C"), nullable=False),
        sa.Column("metric", sa.String(length=100, collation="C"), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benchmarks")),
        sa.UniqueConstraint(
            "name", "version", "metric", name=op.f("uq_benchmarks_name_version_metric")
        ),
    )
    create_inbox()
    op.create_table(
        "parents",
        sa.Column("model", sa.String(length=500, collation="C"), nullable=False),
        sa.Column("parent", sa.String(length=500, collation="C"), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("method", sa.String(length=100), nullable=True),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("model", "parent", "role", name=op.f("pk_parents")),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.String(length=500, collation="C"), nullable=False),
        sa.Column("model_digest", sa.String(length=200), nullable=False),
        sa.Column("benchmark_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("stderr", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("shots", sa.Integer(), nullable=False),
        sa.Column("binary", sa.Boolean(), nullable=False),
        sa.Column("harness", sa.Text(), nullable=False),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmarks.id"], name=op.f("fk_results_benchmark_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("run", "benchmark_id", name=op.f("uq_results_run_benchmark_id")),
    )
    op.create_index(op.f("ix_results_benchmark_id"), "results", ["benchmark_id"])
    op.create_index(
        op.f("ix_results_model_benchmark_id_shots_id"),
        "results",
        ["model", "benchmark_id", "shots", "id"],
    )
    op.create_table(
        "result_items",
        sa.Column("result_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(length=200, collation="C"), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["results.id"],
            name=op.f("fk_result_items_result_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("result_id", "item", name=op.f("pk_result_items")),
    )


def downgrade() -> None:
    for table in (
        "result_items",
        "results",
        "parents",
        "benchmarks",
    ):
        op.drop_table(table)
    drop_inbox()
