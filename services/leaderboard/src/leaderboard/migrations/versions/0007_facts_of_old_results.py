"""The results that were there become facts.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMES = "INSERT INTO models (name) SELECT name FROM spellings ORDER BY name ON CONFLICT DO NOTHING"

MODELS = """
INSERT INTO models (name)
SELECT DISTINCT ON (lower(model)) model FROM results ORDER BY lower(model), id
ON CONFLICT DO NOTHING
"""
MEASURES = """
INSERT INTO measures (name, version, metric, items)
SELECT name, version, metric, items FROM benchmarks
WHERE id IN (SELECT benchmark_id FROM results) ORDER BY name, version, metric
ON CONFLICT (name, version, subtask, metric) DO UPDATE SET items = excluded.items
WHERE measures.items IS NULL OR measures.items < excluded.items
"""
VARIANTS = """
INSERT INTO variants (model_id, revision)
SELECT DISTINCT models.id, learned.model_digest
FROM results AS learned JOIN models ON lower(models.name) = lower(learned.model)
ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
SETTINGS = """
INSERT INTO settings (measure_id, shots)
SELECT DISTINCT measures.id, learned.shots
FROM results AS learned
JOIN benchmarks ON benchmarks.id = learned.benchmark_id
JOIN measures USING (name, version, metric)
WHERE measures.subtask = ''
ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
ORIGINS = """
INSERT INTO origins (source, origin, harness)
SELECT DISTINCT 1, 'registry', left(harness, 200) FROM results ORDER BY 3
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
FROM results AS learned
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
STEPS = (MODELS, MEASURES, VARIANTS, SETTINGS, ORIGINS, FACTS)


def upgrade() -> None:
    op.execute(NAMES)
    for step in STEPS:
        op.execute(step)


def downgrade() -> None:
    pass
