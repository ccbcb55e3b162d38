"""Statements with the ids of what they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import resolving
from leaderboard.facts.resolving import Model
from leaderboard.facts.statement import Measure, Statement, run_fact, stated_fact


class Resolved(NamedTuple):
    """A statement, its fact and what it is about.

    Scores of one variant in one setting from one source are of the same thing.
    """

    stated: Statement
    fact: UUID
    model: Model
    variant: int
    measure: int
    setting: int
    origin: int

    @property
    def thing(self) -> tuple[int, int, int]:
        return self.variant, self.setting, int(self.stated.origin.source)


@dataclass(frozen=True)
class Found:
    """Resolved statements, and which models and measures are new."""

    statements: Sequence[Resolved]
    models: Collection[int]
    measures: Collection[Measure]


async def resolve(
    session: AsyncSession,
    statements: Sequence[Statement],
    defined: Mapping[Measure, int | None] | None = None,
) -> Found:
    """Find or add what statements name; `defined` has the sizes of benchmarks with definitions."""
    await resolving.planned_anew(session)
    models, new_models = await resolving.models(session, [each.model for each in statements])
    keys = [(models[each.model].id, each.revision, each.precision) for each in statements]
    variants = await resolving.variants(session, set(keys))
    sizes = {each.measure: (defined or {}).get(each.measure) for each in statements}
    measures, new_measures = await resolving.measures(session, sizes)
    conditions = [(measures[each.measure], each.conditions) for each in statements]
    settings = await resolving.settings(session, set(conditions))
    origins = await resolving.origins(session, {each.origin for each in statements})
    resolved = [
        _resolved(
            each,
            models[each.model],
            variants[key],
            condition[0],
            settings[condition],
            origins[each.origin],
        )
        for each, key, condition in zip(statements, keys, conditions, strict=True)
    ]
    return Found(resolved, new_models, new_measures)


def _resolved(
    stated: Statement, model: Model, variant: int, measure: int, setting: int, origin: int
) -> Resolved:
    if stated.run is None:
        fact = stated_fact(variant, setting, stated.origin, stated.score)
    else:
        fact = run_fact(stated.run, *stated.told)
    return Resolved(stated, fact, model, variant, measure, setting, origin)
