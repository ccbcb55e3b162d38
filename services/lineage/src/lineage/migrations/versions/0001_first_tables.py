"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mergehub.kit.events.inbox_migrations import create_inbox, drop_inbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_inbox()
    op.create_table(
        "models",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=500, collation="C"), nullable=False),
        sa.Column("children_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("base_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ingredient_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
    )
    op.create_index(op.f("ix_models_base_count"), "models", ["base_count"])
    op.create_index(op.f("ix_models_ingredient_count"), "models", ["ingredient_count"])
    op.create_table(
        "model_names",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=500, collation="C"), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_names_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_names")),
    )
    op.create_index(op.f("ix_model_names_model_id"), "model_names", ["model_id"])
    op.create_table(
        "refused_edges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("run", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["child_id"], ["models.id"], name=op.f("fk_refused_edges_child_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["models.id"], name=op.f("fk_refused_edges_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_edges")),
        sa.UniqueConstraint(
            "child_id",
            "parent_id",
            "relation",
            "role",
            name=op.f("uq_refused_edges_child_id_parent_id_relation_role"),
        ),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_revisions_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("id", "model_id", name=op.f("uq_revisions_id_model_id")),
        sa.UniqueConstraint(
            "model_id",
            "digest",
            name=op.f("uq_revisions_model_id_digest"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "edges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("child_revision_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("parent_revision_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=100), nullable=True),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("layers", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("recipe_version", sa.Uuid(), nullable=True),
        sa.Column("run", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("child_id <> parent_id", name=op.f("ck_edges_no_loop")),
        sa.ForeignKeyConstraint(
            ["child_revision_id", "child_id"],
            ["revisions.id", "revisions.model_id"],
            name=op.f("fk_edges_child_revision_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_revision_id", "parent_id"],
            ["revisions.id", "revisions.model_id"],
            name=op.f("fk_edges_parent_revision_id_parent_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
        sa.UniqueConstraint(
            "child_revision_id",
            "parent_revision_id",
            "relation",
            "role",
            name=op.f("uq_edges_child_revision_id_parent_revision_id_relation_role"),
        ),
    )
    op.create_index(op.f("ix_edges_child_id_parent_id"), "edges", ["child_id", "parent_id"])
    op.create_index(op.f("ix_edges_parent_id_child_id"), "edges", ["parent_id", "child_id"])


def downgrade() -> None:
    for table in (
        "edges",
        "revisions",
        "refused_edges",
        "model_names",
        "models",
    ):
        op.drop_table(table)
    drop_inbox()
