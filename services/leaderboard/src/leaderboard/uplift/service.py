"""The uplift of one model, from its results and those of its parents in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.choosing import definition_of
from leaderboard.facts import item_scores
from leaderboard.facts.resolving import known_models
from leaderboard.memory.facts import Facts
from leaderboard.memory.keys import SettingKey
from leaderboard.results.schemas import Setting
from leaderboard.uplift import answers, comparison
from leaderboard.uplift.comparison import Comparisons, Measured
from leaderboard.uplift.measuring import Measurements, Score
from leaderboard.uplift.parents import Parent, ingredients_of, roles_of
from leaderboard.uplift.scored import Scored
from mergehub.kit.problems.problem import NotFound

Items = Mapping[int, Mapping[str, float]]
"""The item scores of results, by their ids."""


class NoResults(NotFound):
    """No known result of this model can be compared with its parents'."""

    code, title = "no-results", "The model has no result to compare"
    remedy = "Evaluate the model and its parents first, with runs of the kind `evaluate`."


async def uplift(session: AsyncSession, facts: Facts, name: str, precision: str | None) -> bytes:
    """The uplift of a model, in one precision or in those that it has, as JSON. Raises NoResults.

    It is a `schemas.Uplift`, but making hundreds of models of it takes longer than their JSON.
    """
    model = await found(session, facts, name)
    scored = None if model is None else Scored(facts, model, precision)
    if scored is None or not scored.own:
        raise _no_results(name, precision)
    items = await item_scores.read(session, scored.results)
    return await asyncio.to_thread(_told, scored, items)


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


def _told(scored: Scored, items: Items) -> bytes:
    keys, ingredients = scored.facts.settings, ingredients_of(scored.parents)
    compared = _compare(scored, items, ingredients)
    over = _one_each(compared, scored.own, keys)
    domains = _domains(over, keys)

    def means(several: Iterable[Sequence[int]]) -> list[Comparisons]:
        scores = ([compared[at] for at in some] for some in several)
        return [comparison.in_the_mean(each, ingredients) for each in scores]

    groups = [list(compared.values()), means(domains.values()), means([over] if over else [])]
    every, of_domains, of_all = answers.fields(groups, roles_of(scored.parents))
    alone = dict(zip(compared, every, strict=True))
    answer = {
        "benchmarks": [_setting(keys[at]) | each for at, each in alone.items()],
        "domains": [  # two verdicts on the scores of one benchmark would contradict each other
            (alone[some[0]] if len(some) == 1 else each) | _over(some, keys) | {"domain": domain}
            for (domain, some), each in zip(domains.items(), of_domains, strict=True)
        ],
        "mean": of_all[0] | _over(over, keys) if over else None,
    }
    return to_json(_about(scored) | answer, inf_nan_mode="null")


def _about(scored: Scored) -> dict[str, Any]:
    facts = scored.facts
    return {
        "model": facts.name(scored.model),
        "precision": next(iter(scored.own.values())).precision,
        "merged": bool(facts.models.merged[scored.model]),
        "method": facts.codes.method[int(facts.models.method[scored.model])] or None,
        "parents": [_parent(parent, scored) for parent in scored.parents],
    }


def _over(some: Sequence[int], keys: Sequence[SettingKey]) -> dict[str, Any]:
    return {"over": [_setting(keys[at]) for at in some]}


def _compare(scored: Scored, items: Items, ingredients: Sequence[str]) -> dict[int, Comparisons]:
    """The model against its parents in every setting in which it has a score."""

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


def _domains(over: Sequence[int], keys: Sequence[SettingKey]) -> dict[str, list[int]]:
    """The settings of each domain."""
    found: dict[str, list[int]] = defaultdict(list)
    for at in over:
        known = definition_of(keys[at].benchmark)
        for domain in known.domains if known else ():
            found[domain].append(at)
    return dict(sorted(found.items()))


def _parent(parent: Parent, scored: Scored) -> dict[str, Any]:
    """The fields of `schemas.Parent`."""
    return {
        "model": parent.name,
        "role": parent.role,
        "relation": parent.relation,
        "weight": parent.weight,
        "measured": parent.name in scored.of,
    }


def _setting(key: SettingKey) -> dict[str, Any]:
    """The fields of `Setting`."""
    return {name: getattr(key, name) for name in Setting.model_fields}
