"""Results as facts: of variants of models, in settings, from origins.

The release before keeps its tables. What it writes there becomes a fact at once, and what it would
have written itself is written there too, so that it shows the same if it comes back; but for item
scores, without which it compares less sharply. 0007 copies what was there before.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mergehub.kit.replica.change_log import TransactionId

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
MOMENT = sa.DateTime(timezone=True)
NAME = sa.String(200, collation="C")

MODELS = """
INSERT INTO models (name)
SELECT DISTINCT ON (lower(model)) model FROM {rows} ORDER BY lower(model), id
ON CONFLICT DO NOTHING
"""
MEASURES = """
INSERT INTO measures (name, version, metric, items)
SELECT name, version, metric, items FROM benchmarks
WHERE id IN (SELECT benchmark_id FROM {rows}) ORDER BY name, version, metric
ON CONFLICT (name, version, subtask, metric) DO UPDATE SET items = excluded.items
WHERE measures.items IS NULL OR measures.items < excluded.items
"""
VARIANTS = """
INSERT INTO variants (model_id, revision)
SELECT DISTINCT models.id, learned.model_digest
FROM {rows} AS learned JOIN models ON lower(models.name) = lower(learned.model)
ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
SETTINGS = """
INSERT INTO settings (measure_id, shots)
SELECT DISTINCT measures.id, learned.shots
FROM {rows} AS learned
JOIN benchmarks ON benchmarks.id = learned.benchmark_id
JOIN measures USING (name, version, metric)
WHERE measures.subtask = ''
ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
ORIGINS = """
INSERT INTO origins (source, origin, harness)
SELECT DISTINCT 1, 'registry', left(harness, 200) FROM {rows} ORDER BY 3
ON CONFLICT DO NOTHING
"""
FACTS = """
INSERT INTO facts
  (id, fact, variant_id, setting_id, origin_id, source, value, stderr, count, limited, "binary",
   run, evaluated_at, created_at)
SELECT learned.id,
  encode(substring(sha256(convert_to(concat_ws(
    E'\\n', 'run', learned.run, benchmarks.name, benchmarks.version, benchmarks.metric
  ), 'UTF8')) FOR 16), 'hex')::uuid,
  variants.id, settings.id, origins.id, 1, learned.value, learned.stderr, learned.count,
  learned.count < measures.items, learned."binary", learned.run, learned.created_at,
  learned.created_at
FROM {rows} AS learned
JOIN benchmarks ON benchmarks.id = learned.benchmark_id
JOIN measures USING (name, version, metric)
JOIN settings ON settings.measure_id = measures.id AND settings.shots = learned.shots
  AND settings.chat_template IS NULL AND settings.task_hash IS NULL
JOIN models ON lower(models.name) = lower(learned.model)
JOIN variants ON variants.model_id = models.id AND variants.revision = learned.model_digest
  AND variants.precision = ''
JOIN origins ON origins.source = 1 AND origins.origin = 'registry' AND origins.account IS NULL
  AND origins.harness = left(learned.harness, 200) AND origins.harness_version = ''
WHERE measures.subtask = ''
ON CONFLICT DO NOTHING
"""
CHANGED = """
WITH smaller AS (
  UPDATE facts SET limited = true FROM settings, measures
  WHERE settings.id = facts.setting_id AND measures.id = settings.measure_id
    AND NOT facts.limited AND facts.count < measures.items
    AND facts.setting_id IN (SELECT setting_id FROM facts JOIN learned USING (id))
  RETURNING facts.id, facts.variant_id
), changed AS (
  SELECT * FROM smaller
  UNION SELECT facts.id, facts.variant_id FROM facts JOIN learned USING (id)
)
INSERT INTO changes (results, models)
SELECT array_agg(DISTINCT changed.id), array_agg(DISTINCT variants.model_id)
FROM changed JOIN variants ON variants.id = changed.variant_id
HAVING count(*) > 0;
PERFORM pg_notify('leaderboard_changed', '')
"""
STEPS = (MODELS, MEASURES, VARIANTS, SETTINGS, ORIGINS, FACTS)

OLD_BENCHMARKS = """
INSERT INTO benchmarks (name, version, metric, items)
SELECT measures.name, measures.version, measures.metric, max(learned.count)
FROM learned
JOIN settings ON settings.id = learned.setting_id
JOIN measures ON measures.id = settings.measure_id
WHERE learned.run IS NOT NULL AND measures.subtask = '' AND learned.count IS NOT NULL
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (name, version, metric) DO UPDATE SET items = excluded.items
WHERE benchmarks.items < excluded.items
"""
OLD_RESULTS = """
INSERT INTO results
  (id, model, model_digest, benchmark_id, value, stderr, count, shots, "binary", harness, run,
   source, created_at)
OVERRIDING SYSTEM VALUE
SELECT learned.id, spellings.name, variants.revision, benchmarks.id, learned.value,
  coalesce(learned.stderr, 0), learned.count, coalesce(settings.shots, 0), learned."binary",
  trim(origins.harness || ' ' || origins.harness_version), learned.run, 'verified',
  learned.created_at
FROM learned
JOIN variants ON variants.id = learned.variant_id
JOIN models ON models.id = variants.model_id
JOIN spellings ON lower(spellings.name) = lower(models.name)
JOIN settings ON settings.id = learned.setting_id
JOIN measures ON measures.id = settings.measure_id
JOIN benchmarks ON benchmarks.name = measures.name AND benchmarks.version = measures.version
  AND benchmarks.metric = measures.metric
JOIN origins ON origins.id = learned.origin_id
WHERE learned.run IS NOT NULL AND measures.subtask = '' AND learned.count IS NOT NULL
ON CONFLICT DO NOTHING
"""
FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{body}
RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS learned
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {name}()
"""
OF_OLD = (*(step.format(rows="learned") for step in STEPS), CHANGED)
SPELLED = "INSERT INTO {table} (name) SELECT name FROM learned ON CONFLICT DO NOTHING"
BOTH_WAYS = {
    "learn_spellings": ("spellings", SPELLED.format(table="models")),
    "learn_results": ("results", ";".join(OF_OLD)),
    "keep_spellings": ("models", SPELLED.format(table="spellings")),
    "keep_results": ("facts", f"{OLD_BENCHMARKS};{OLD_RESULTS}"),
}


def upgrade() -> None:
    _add_what_results_are_of()
    _add_facts()
    for name, (table, body) in BOTH_WAYS.items():
        op.execute(FUNCTION.format(name=name, body=f"{body};"))
        op.execute(TRIGGER.format(name=name, table=table))


def _add_what_results_are_of() -> None:
    op.create_table(
        "models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(500, collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    op.create_index("uq_models_lower_name", "models", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "variants",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", NAME, server_default="", nullable=False),
        sa.Column("precision", sa.String(40, collation="C"), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint(
            *("model_id", "revision", "precision"),
            name=op.f("uq_variants_model_id_revision_precision"),
        ),
    )
    op.create_table(
        "measures",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(100, collation="C"), nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("subtask", NAME, server_default="", nullable=False),
        sa.Column("metric", sa.String(100, collation="C"), nullable=False),
        sa.Column("items", sa.Integer()),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sa.UniqueConstraint(
            *("name", "version", "subtask", "metric"),
            name=op.f("uq_measures_name_version_subtask_metric"),
        ),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("shots", sa.Integer()),
        sa.Column("chat_template", sa.Boolean()),
        sa.Column("task_hash", NAME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint(
            *("measure_id", "shots", "chat_template", "task_hash"),
            name=op.f("uq_settings_measure_id_shots_chat_template_task_hash"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "origins",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("origin", sa.String(500, collation="C"), nullable=False),
        sa.Column("account", NAME),
        sa.Column("harness", NAME, server_default="", nullable=False),
        sa.Column("harness_version", NAME, server_default="", nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_origins")),
        sa.UniqueConstraint(
            *("source", "account", "origin", "harness", "harness_version"),
            name=op.f("uq_origins_source_account_origin_harness"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _add_facts() -> None:
    of_old = sa.text("nextval('results_id_seq'::regclass)")  # an id means the same in both
    op.create_table(
        "facts",
        sa.Column("id", sa.BigInteger(), server_default=of_old, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("stderr", sa.Double()),
        sa.Column("seed", sa.BigInteger()),
        sa.Column("evaluated_at", MOMENT),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("setting_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer()),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("limited", sa.Boolean(), nullable=False),
        sa.Column("binary", sa.Boolean(), nullable=False),
        sa.Column("fact", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Uuid()),
        sa.Column("withdrawal_id", sa.Integer()),
        sa.Column("doubt", sa.String(1000)),
        sa.Column("claims", postgresql.JSONB(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
        sa.UniqueConstraint("fact", name=op.f("uq_facts_fact")),
    )
    op.create_table(
        "restatements",
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fact_id", "origin_id", name=op.f("pk_restatements")),
    )
    op.create_table(
        "item_sets",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_sets")),
        sa.UniqueConstraint("digest", name=op.f("uq_item_sets_digest")),
    )
    op.create_table(
        "fact_items",
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.Column("item_set_id", sa.Integer(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_fact_items")),
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("origin", sa.String(500), nullable=False),
        sa.Column("account", NAME),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("moderated", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_by", NAME, nullable=False),
        sa.Column("withdrawn_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("restored_by", NAME),
        sa.Column("restored_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    numbers = postgresql.ARRAY(sa.BigInteger())
    xid = sa.text("pg_current_xact_id()")
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", TransactionId(), server_default=xid, nullable=False),
        sa.Column("results", numbers, nullable=False),
        sa.Column("models", numbers, nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_xid"), "changes", ["xid"])
    op.create_index(op.f("ix_changes_created_at"), "changes", ["created_at"])


def downgrade() -> None:
    """Bring back what 0005 had; what was imported is lost."""
    for name, (table, _) in BOTH_WAYS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    for table in (
        *("changes", "withdrawals", "fact_items", "item_sets", "restatements", "facts", "origins"),
        *("settings", "measures", "variants", "models"),
    ):
        op.drop_table(table)
