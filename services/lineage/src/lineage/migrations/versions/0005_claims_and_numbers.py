"""Edges join models by number, beside them is what weaker sources claim; models have facts.

Edges between the same revisions that differed only in their relation become one, the oldest. What
was an edge to a revision without a digest is now an edge without a revision.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


class TransactionId(UserDefinedType[int]):
    """`xid8`, which SQLAlchemy does not know."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


NOW = sa.text("now()")
MOMENT = sa.DateTime(timezone=True)

KEPT = """
CREATE TABLE kept_edges AS
SELECT DISTINCT ON (child.number, parent.number, child_end.id, parent_end.id, edges.role)
  edges.id, child.number AS child, parent.number AS parent, child_end.id AS child_revision,
  parent_end.id AS parent_revision, edges.relation, edges.role, edges.method, edges.weight,
  edges.layers, edges.recipe_version, edges.run, edges.source, edges.created_at
FROM edges
JOIN models AS child ON child.id = edges.child_id
JOIN models AS parent ON parent.id = edges.parent_id
LEFT JOIN revisions AS child_end
  ON child_end.id = edges.child_revision_id AND child_end.digest IS NOT NULL
LEFT JOIN revisions AS parent_end
  ON parent_end.id = edges.parent_revision_id AND parent_end.digest IS NOT NULL
ORDER BY child.number, parent.number, child_end.id, parent_end.id, edges.role, edges.id
"""
EDGES = """
INSERT INTO edges
  (child, parent, child_revision, parent_revision, relation, role, method, weight, layers,
   recipe_version, run, source, confidence, made_on, created_at)
SELECT child, parent, child_revision, parent_revision, relation, role, method, weight, layers,
  recipe_version, run, source, 100, created_at::date, created_at
FROM kept_edges ORDER BY id
"""
RANKS = """
DO $$
DECLARE moved bigint := 1;
BEGIN
  WHILE moved > 0 LOOP
    UPDATE models SET rank = above.rank
    FROM (
      SELECT edges.child, max(parents.rank) + 1048576 AS rank
      FROM edges JOIN models AS parents ON parents.number = edges.parent
      GROUP BY edges.child
    ) AS above
    WHERE models.number = above.child AND models.rank < above.rank;
    GET DIAGNOSTICS moved = ROW_COUNT;
  END LOOP;
END $$
"""
NAMED = "UPDATE models SET named_at = created_at"
FORMER_NAMES = """
DELETE FROM model_names USING models
WHERE models.id = model_names.model_id AND models.name = model_names.name
"""
REFUSED = """
UPDATE refused_edges SET child = children.number, parent = parents.number
FROM models AS children, models AS parents
WHERE children.id = refused_edges.child_id AND parents.id = refused_edges.parent_id
"""

OLD_REVISIONS = """
INSERT INTO revisions (model_id)
SELECT models.id FROM models WHERE number IN (
  SELECT child FROM edges WHERE child_revision IS NULL
  UNION SELECT parent FROM edges WHERE parent_revision IS NULL
)
"""
OLD_EDGES = """
INSERT INTO old_edges
  (child_id, child_revision_id, parent_id, parent_revision_id, relation, role, method, weight,
   layers, recipe_version, run, source, created_at)
SELECT child.id, child_end.id, parent.id, parent_end.id, edges.relation, edges.role, edges.method,
  edges.weight, edges.layers, edges.recipe_version, edges.run, edges.source, edges.created_at
FROM edges
JOIN models AS child ON child.number = edges.child
JOIN models AS parent ON parent.number = edges.parent
JOIN revisions AS child_end ON child_end.model_id = child.id
  AND coalesce(child_end.id = edges.child_revision, child_end.digest IS NULL)
JOIN revisions AS parent_end ON parent_end.model_id = parent.id
  AND coalesce(parent_end.id = edges.parent_revision, parent_end.digest IS NULL)
ORDER BY edges.id
"""
OLD_REFUSED = """
UPDATE refused_edges SET child_id = children.id, parent_id = parents.id
FROM models AS children, models AS parents
WHERE children.number = refused_edges.child AND parents.number = refused_edges.parent
"""
OLD_NAMES = "INSERT INTO model_names (model_id, name, since) SELECT id, name, named_at FROM models"


def told() -> list[sa.Column[Any]]:
    """The columns that edges and claims have in common."""
    return [
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100)),
        sa.Column("weight", sa.Double()),
        sa.Column("density", sa.Double()),
        sa.Column("layers", postgresql.JSONB(none_as_null=True)),
        sa.Column("recipe_version", sa.Uuid()),
        sa.Column("run", sa.Uuid()),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("confidence", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.String(1000)),
        sa.Column("made_on", sa.Date()),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
    ]


def upgrade() -> None:
    _change_models()
    _change_edges()
    _change_refused()
    _add_tables()


def _change_models() -> None:
    op.execute("ALTER TABLE models ADD COLUMN number bigint GENERATED BY DEFAULT AS IDENTITY")
    op.create_unique_constraint(op.f("uq_models_number"), "models", ["number"])
    zero = sa.text("0")
    op.add_column("models", sa.Column("rank", sa.BigInteger(), server_default=zero, nullable=False))
    op.add_column("models", sa.Column("named_at", MOMENT, server_default=NOW, nullable=False))
    for column in (
        sa.Column("architecture", sa.String(100)),
        sa.Column("parameters", sa.BigInteger()),
        sa.Column("tokenizer", sa.String(500)),
        sa.Column("licence", sa.String(100)),
        sa.Column("domains", postgresql.ARRAY(sa.String(60)), server_default="{}", nullable=False),
        sa.Column("source", sa.String(60)),
        sa.Column("made_on", sa.Date()),
    ):
        op.add_column("models", column)
    for counter in ("base_count", "ingredient_count"):
        op.drop_index(op.f(f"ix_models_{counter}"), "models")
    op.execute("ALTER TABLE models SET (fillfactor = 85)")
    op.execute(NAMED)
    op.execute(FORMER_NAMES)
    op.create_index("ix_model_names_lower_name", "model_names", [sa.text("lower(name)")])


def _change_edges() -> None:
    op.execute(KEPT)
    op.drop_table("edges")
    op.execute("DELETE FROM revisions WHERE digest IS NULL")
    op.alter_column("revisions", "digest", nullable=False)
    op.drop_constraint(op.f("uq_revisions_id_model_id"), "revisions")
    op.drop_constraint(op.f("uq_revisions_model_id_digest"), "revisions")
    op.create_unique_constraint(
        op.f("uq_revisions_model_id_digest"), "revisions", ["model_id", "digest"]
    )
    op.create_table(
        "edges",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("child", sa.BigInteger(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=False),
        sa.Column("child_revision", sa.Uuid()),
        sa.Column("parent_revision", sa.Uuid()),
        sa.Column("role", sa.String(20), nullable=False),
        *told(),
        sa.CheckConstraint("child <> parent", name=op.f("ck_edges_no_loop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
    )
    op.execute(EDGES)
    op.drop_table("kept_edges")
    op.create_unique_constraint(
        op.f("uq_edges_ends_role"),
        "edges",
        ["child", "parent", "child_revision", "parent_revision", "role"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(op.f("ix_edges_parent_child"), "edges", ["parent", "child"])
    for column in ("child_revision", "parent_revision"):
        op.create_foreign_key(op.f(f"fk_edges_{column}"), "edges", "revisions", [column], ["id"])
    op.execute(RANKS)


def _change_refused() -> None:
    for column in ("child", "parent"):
        op.add_column("refused_edges", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(
            op.f(f"fk_refused_edges_{column}"), "refused_edges", "models", [column], ["number"]
        )
    op.execute(REFUSED)
    for column in ("child", "parent"):
        op.alter_column("refused_edges", column, nullable=False)
        op.drop_column("refused_edges", f"{column}_id")
    op.create_unique_constraint(
        op.f("uq_refused_edges_child_parent_relation_role"),
        "refused_edges",
        ["child", "parent", "relation", "role"],
    )


def _add_tables() -> None:
    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("edge_id", sa.BigInteger(), nullable=False),
        *told(),
        sa.ForeignKeyConstraint(["edge_id"], ["edges.id"], name=op.f("fk_claims_edge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("edge_id", "source", name=op.f("uq_claims_edge_id_source")),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("evidence", sa.String(1000)),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("cleared_by", sa.String(200)),
        sa.Column("cleared_at", MOMENT),
        sa.ForeignKeyConstraint(["model"], ["models.number"], name=op.f("fk_flags_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    op.create_index(op.f("ix_flags_model"), "flags", ["model"])
    numbers = postgresql.ARRAY(sa.BigInteger())
    xid = sa.text("pg_current_xact_id()")
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", TransactionId(), server_default=xid, nullable=False),
        sa.Column("edges", numbers, nullable=False),
        sa.Column("models", numbers, nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_xid"), "changes", ["xid"])
    op.create_index(op.f("ix_changes_created_at"), "changes", ["created_at"])


def downgrade() -> None:
    """Bring back what 0004 had; claims, flags and facts are lost."""
    for table in ("changes", "flags", "claims"):
        op.drop_table(table)
    _restore_refused()
    _restore_edges()
    op.execute(OLD_NAMES)
    op.execute("ALTER TABLE models RESET (fillfactor)")
    for counter in ("base_count", "ingredient_count"):
        op.create_index(op.f(f"ix_models_{counter}"), "models", [counter])
    op.drop_index("ix_model_names_lower_name", "model_names")
    for column in (
        "made_on",
        "source",
        "domains",
        "licence",
        "tokenizer",
        "parameters",
        "architecture",
        "named_at",
        "rank",
        "number",
    ):
        op.drop_column("models", column)


def _restore_refused() -> None:
    for column in ("child_id", "parent_id"):
        op.add_column("refused_edges", sa.Column(column, sa.Uuid()))
        op.create_foreign_key(
            op.f(f"fk_refused_edges_{column}"), "refused_edges", "models", [column], ["id"]
        )
    op.execute(OLD_REFUSED)
    for column in ("child_id", "parent_id"):
        op.alter_column("refused_edges", column, nullable=False)
        op.drop_column("refused_edges", column.removesuffix("_id"))
    op.create_unique_constraint(
        op.f("uq_refused_edges_child_id_parent_id_relation_role"),
        "refused_edges",
        ["child_id", "parent_id", "relation", "role"],
    )


def _restore_edges() -> None:
    op.alter_column("revisions", "digest", nullable=True)
    op.execute(OLD_REVISIONS)
    op.drop_constraint(op.f("uq_revisions_model_id_digest"), "revisions")
    op.create_unique_constraint(
        op.f("uq_revisions_model_id_digest"),
        "revisions",
        ["model_id", "digest"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_unique_constraint(op.f("uq_revisions_id_model_id"), "revisions", ["id", "model_id"])
    op.create_table(
        "old_edges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("child_revision_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("parent_revision_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100)),
        sa.Column("weight", sa.Double()),
        sa.Column("layers", postgresql.JSONB(none_as_null=True)),
        sa.Column("recipe_version", sa.Uuid()),
        sa.Column("run", sa.Uuid()),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("child_id <> parent_id", name=op.f("ck_edges_no_loop")),
    )
    op.execute(OLD_EDGES)
    op.drop_table("edges")
    op.rename_table("old_edges", "edges")
    op.create_primary_key(op.f("pk_edges"), "edges", ["id"])
    op.create_unique_constraint(
        op.f("uq_edges_child_revision_id_parent_revision_id_relation_role"),
        "edges",
        ["child_revision_id", "parent_revision_id", "relation", "role"],
    )
    for end in ("child", "parent"):
        op.create_foreign_key(
            op.f(f"fk_edges_{end}_revision_id_{end}_id"),
            "edges",
            "revisions",
            [f"{end}_revision_id", f"{end}_id"],
            ["id", "model_id"],
        )
    op.create_index(op.f("ix_edges_child_id_parent_id"), "edges", ["child_id", "parent_id"])
    op.create_index(op.f("ix_edges_parent_id_child_id"), "edges", ["parent_id", "child_id"])
