"""The uplift of one model, from its results and those of its parents in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.choosing import definition_of
from leaderboard.facts import item_scores
from leaderboard.facts.resolving import known_models
from leaderboard.memory.facts import Facts
from leaderboard.memory.keys import SettingKey
from leaderboard.results.schemas import Setting
from leaderboard.uplift import answers, comparison, schemas
from leaderboard.uplift.comparison import Comparisons, Measured
from leaderboard.uplift.measuring import (
    Measurements,
    Score,
    measured,
    precisions_of,
    rows_of,
)
from leaderboard.uplift.parents import Parent, ingredients_of, parents_of, roles_of
from leaderboard.uplift.precisions import preference
from mergehub.kit.problems.problem import NotFound

Items = Mapping[int, Mapping[str, float]]
"""The item scores of results, by their ids."""


class NoResults(NotFound):
    """No known result of this model can be compared with its parents'."""

    code, title = "no-results", "The model has no result to compare"
    remedy = "Evaluate the model and its parents first, with runs of the kind `evaluate`."


class Scored:
    """A model and its parents, with the scores of each."""

    def __init__(self, facts: Facts, model: int, own: Measurements) -> None:
        self.facts, self.model, self.own = facts, model, own
        self.parents = parents_of(facts, model)
        self.of = {
            parent.name: scores
            for parent in self.parents
            if (scores := _beside(facts, parent.model, own))
        }

    @property
    def results(self) -> list[int]:
        """The ids of all results that are compared."""
        shared = set().union(*self.of.values())
        mine = [self.own[at].result for at in shared]
        return mine + [score.result for scores in self.of.values() for score in scores.values()]


async def uplift(
    session: AsyncSession, facts: Facts, name: str, precision: str | None
) -> schemas.Uplift:
    """Return the uplift of a model, in one precision or in those that it has. Raises NoResults."""
    model = await found(session, facts, name)
    own = {} if model is None else _own(facts, model, precision)
    if model is None or not own:
        raise _no_results(name, precision)
    scored = Scored(facts, model, own)
    items = await item_scores.read(session, scored.results)
    return await asyncio.to_thread(_told, scored, items)


def _own(facts: Facts, model: int, precision: str | None) -> Measurements:
    """The model's scores, in one precision or in those that it has."""
    rows = rows_of(facts, model)
    return measured(facts, rows, [e for e in precisions_of(rows) if precision in (None, e)])


async def found(session: AsyncSession, facts: Facts, name: str) -> int | None:
    """The index of the model that has this name, or had it."""
    model = facts.models.find(name)
    if model is None:
        known = (await known_models(session, [name])).get(name)
        model = known and facts.models.find(known.name)
    return model


def _no_results(name: str, precision: str | None) -> NoResults:
    where = "" if precision is None else f" in {precision or 'an unknown precision'}"
    return NoResults(
        f"No full result of {name!r}{where} is known. Evaluate it, "
        "or choose a model from `GET /v1/results`."
    )


def _beside(facts: Facts, model: int, own: Measurements) -> Measurements:
    """A parent's scores in the settings of `own`, in the same precision where it has one."""
    settings = defaultdict(list)
    for at, score in own.items():
        settings[score.precision].append(at)
    rows = rows_of(facts, model)
    every = sorted({*settings, *precisions_of(rows)}, key=preference)
    scores: dict[int, Score] = {}
    for precision, mine in settings.items():
        order = [precision, *(each for each in every if each != precision)]
        scores |= measured(facts, rows, order, mine)
    return scores


def _told(scored: Scored, items: Items) -> schemas.Uplift:
    facts, roles = scored.facts, roles_of(scored.parents)
    compared = _compare(scored, items)
    told = answers.fields(list(compared.values()), roles)
    fields = dict(zip(compared, told, strict=True))
    over = _one_each(compared, scored.own, facts.settings)
    ingredients = ingredients_of(scored.parents)
    return schemas.Uplift(
        model=facts.name(scored.model),
        precision=next(iter(scored.own.values())).precision,
        merged=bool(facts.models.merged[scored.model]),
        method=facts.codes.method[int(facts.models.method[scored.model])] or None,
        parents=[_told_parent(parent, scored) for parent in scored.parents],
        benchmarks=[
            schemas.BenchmarkUplift(**_setting(facts.settings[at]), **each)
            for at, each in fields.items()
        ],
        domains=_domains(over, compared, facts.settings, ingredients, roles, fields),
        mean=_mean(over, compared, facts.settings, ingredients, roles),
    )


def _compare(scored: Scored, items: Items) -> dict[int, Comparisons]:
    """The model against its parents in every setting in which it has a score."""
    ingredients = ingredients_of(scored.parents)

    def side(score: Score) -> Measured:
        return Measured(score, items.get(score.result, {}))

    return {
        at: comparison.in_one_setting(
            side(scored.own[at]),
            {name: side(of[at]) for name, of in sorted(scored.of.items()) if at in of},
            ingredients,
        )
        for at in sorted(scored.own, key=lambda at: _order(scored.facts.settings[at]))
    }


def _order(key: SettingKey) -> tuple[object, ...]:
    shots = -1 if key.shots is None else key.shots
    return key.benchmark, key.version, key.metric, shots, key.id


def _one_each(
    compared: Mapping[int, Comparisons], own: Measurements, keys: Sequence[SettingKey]
) -> list[int]:
    """One setting of each benchmark: the newest that all measured parents share."""
    known = {name for each in compared.values() for name in each.parents}
    newest: dict[str, int] = {}
    for at in sorted(compared, key=lambda each: own[each].result):
        if known and compared[at].parents.keys() == known:
            newest[keys[at].benchmark] = at
    return sorted(newest.values(), key=lambda at: _order(keys[at]))


def _mean(
    over: Sequence[int],
    compared: Mapping[int, Comparisons],
    keys: Sequence[SettingKey],
    ingredients: Sequence[str],
    roles: Mapping[str, list[str]],
) -> schemas.MeanUplift | None:
    if not over:
        return None
    mean = comparison.in_the_mean([compared[at] for at in over], ingredients)
    settings = [Setting.model_validate(keys[at]) for at in over]
    return schemas.MeanUplift(over=settings, **answers.fields([mean], roles)[0])


def _domains(
    over: Sequence[int],
    compared: Mapping[int, Comparisons],
    keys: Sequence[SettingKey],
    ingredients: Sequence[str],
    roles: Mapping[str, list[str]],
    alone: Mapping[int, Mapping[str, Any]],
) -> list[schemas.DomainUplift]:
    """The means over the benchmarks of each domain; those to one other are a family.

    A domain with one benchmark has what that one has in `alone`: two verdicts on the same scores
    would contradict each other.
    """
    of: dict[str, list[int]] = defaultdict(list)
    for at in over:
        known = definition_of(keys[at].benchmark)
        for domain in known.domains if known else ():
            of[domain].append(at)
    means = [
        comparison.in_the_mean([compared[at] for at in settings], ingredients)
        for _, settings in sorted(of.items())
    ]
    told = zip(sorted(of.items()), answers.fields(means, roles), strict=True)
    return [
        schemas.DomainUplift(
            domain=domain,
            over=[Setting.model_validate(keys[at]) for at in settings],
            **(alone[settings[0]] if len(settings) == 1 else fields),
        )
        for (domain, settings), fields in told
    ]


def _told_parent(parent: Parent, scored: Scored) -> schemas.Parent:
    return schemas.Parent(
        model=parent.name,
        role=parent.role,
        relation=parent.relation,
        weight=parent.weight,
        measured=parent.name in scored.of,
    )


def _setting(key: SettingKey) -> dict[str, Any]:
    return Setting.model_validate(key).model_dump()
