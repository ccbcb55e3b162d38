"""From a checked row to the statement that it makes."""

from __future__ import annotations

from datetime import UTC, datetime, time

from leaderboard.facts.precisions import precision_named
from leaderboard.facts.statement import Conditions, Origin, Score, Statement
from leaderboard.imports.checks import is_limited
from leaderboard.imports.measured import Measured
from mergehub.contracts.lineage_names import composed
from mergehub.contracts.results import ResultRow


def statement(row: ResultRow, of: Measured, origin: Origin, doubt: str | None) -> Statement:
    """What a row states."""
    items = dict(row.items) if row.items else None
    day = row.evaluated_on
    return Statement(
        model=composed(row.model),
        revision=row.revision or "",
        precision=precision_named(row.precision),
        measure=of.measure,
        conditions=Conditions(row.shots, row.chat_template, row.task_hash),
        origin=origin._replace(
            harness=row.harness or "", harness_version=row.harness_version or ""
        ),
        score=Score(
            row.value,
            row.stderr,
            row.count if row.count is not None or items is None else len(items),
            is_limited(row),
            set(items.values()) <= {0.0, 1.0} if items else of.binary,
            row.seed,
            None if day is None else datetime.combine(day, time(), UTC),
        ),
        items=items,
        doubt=doubt,
        claims=None if row.claims is None else row.claims.model_dump(exclude_defaults=True) or None,
    )
