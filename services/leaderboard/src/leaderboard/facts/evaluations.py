"""From `evaluation.completed` events to statements of the hub's workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import Source
from leaderboard.facts.precisions import precision_named
from leaderboard.facts.resolved import resolve
from leaderboard.facts.statement import Conditions, Measure, Origin, Score, Statement
from leaderboard.facts.storing import alone, store
from mergehub.benchmarks.catalogue import find
from mergehub.contracts.events import EvaluationCompleted

REGISTRY = "registry"


async def learn_evaluations(session: AsyncSession, statements: Sequence[Statement]) -> None:
    """Store what workers measured."""
    found = await resolve(session, statements)
    await alone(session)
    await store(session, found)


def statement(
    told: EvaluationCompleted, items: Mapping[str, float], created_at: datetime
) -> Statement:
    """What a worker states about one benchmark of an evaluate run."""
    known = find(told.benchmark)
    name = known.benchmark.name if known else told.benchmark
    subtask = known.subtask or "" if known else ""
    return Statement(
        model=told.model,
        revision=told.model_digest,
        precision=precision_named(told.precision),
        measure=Measure(name, told.version, subtask, told.metric),
        conditions=Conditions(told.shots, told.chat_template, told.task_hash),
        origin=Origin(
            Source.verified,
            REGISTRY,
            None,
            told.harness[:200],
            told.harness_version or "",
        ),
        score=Score(
            told.value,
            told.stderr,
            told.count,
            told.limited,
            bool(items) and set(items.values()) <= {0.0, 1.0},
            told.seed,
            created_at,
        ),
        run=told.run,
        told=(told.benchmark, told.version, told.metric),
        created_at=created_at,
        items=items,
    )
