"""The uplift of one model, from its results and those of its parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import item_scores
from leaderboard.names import known
from leaderboard.parents import repository as parent_rows
from leaderboard.parents.models import ParentRow
from leaderboard.results import service as results
from leaderboard.results.schemas import Setting as ToldSetting
from leaderboard.results.service import Score, Scores, Setting
from leaderboard.uplift import answers, comparison, schemas
from leaderboard.uplift.comparison import Comparisons, Measured
from mergehub.kit.problems.problem import NotFound


class NoResults(NotFound):
    """No known result of this model can be compared with its parents'."""

    code, title = "no-results", "The model has no result to compare"
    remedy = "Evaluate the model and its parents first, with runs of the kind `evaluate`."


async def uplift(session: AsyncSession, model: str) -> schemas.Uplift:
    """Return the uplift of a model. Raises NoResults."""
    model = await known(session, model)
    parents = await parent_rows.of(session, model)
    scores = await results.newest(session, {model, *(parent.parent for parent in parents)})
    if model not in scores:
        raise NoResults(
            f"No full result of {model!r} is known. Evaluate it, "
            "or choose a model from `GET /v1/results`."
        )
    compared = await _compare(session, model, parents, scores)
    roles = _roles(parents)
    return schemas.Uplift(
        model=model,
        merged=any(parent.relation == "merge" for parent in parents),
        method=next((parent.method for parent in parents if parent.method), None),
        parents=[_told_parent(parent, compared) for parent in parents],
        benchmarks=[
            schemas.BenchmarkUplift(**_told_setting(setting), **fields)
            for setting, fields in zip(
                compared, answers.fields(list(compared.values()), roles), strict=True
            )
        ],
        mean=_mean(compared, scores[model], parents),
    )


async def _compare(
    session: AsyncSession, model: str, parents: Sequence[ParentRow], scores: Scores
) -> dict[Setting, Comparisons]:
    """The model against its parents in every setting in which it has a score."""
    own = scores[model]
    shared = {name: {s: each[s] for s in own.keys() & each.keys()} for name, each in scores.items()}
    ids = [score.result for each in shared.values() for score in each.values()]
    items = await item_scores.read(session, ids)

    def measured(score: Score) -> Measured:
        return Measured(score.at, items.get(score.result, {}))

    others = sorted({parent.parent for parent in parents} & scores.keys())
    return {
        setting: comparison.in_one_setting(
            measured(own[setting]),
            {name: measured(shared[name][setting]) for name in others if setting in shared[name]},
            _ingredients(parents),
        )
        for setting in sorted(own)
    }


def _mean(
    compared: Mapping[Setting, Comparisons],
    own: Mapping[Setting, Score],
    parents: Sequence[ParentRow],
) -> schemas.MeanUplift | None:
    """The mean over one setting per benchmark: the newest that all measured parents share."""
    measured = {name for each in compared.values() for name in each.parents}
    newest: dict[str, Setting] = {}
    for setting in sorted(compared, key=lambda each: own[each].result):
        if compared[setting].parents.keys() == measured:
            newest[setting.benchmark] = setting
    if not measured or not newest:
        return None
    over = sorted(newest.values())
    mean = comparison.in_the_mean([compared[setting] for setting in over], _ingredients(parents))
    return schemas.MeanUplift(
        over=[ToldSetting.model_validate(setting) for setting in over],
        **answers.fields([mean], _roles(parents))[0],
    )


def _ingredients(parents: Sequence[ParentRow]) -> list[str]:
    return sorted({parent.parent for parent in parents if parent.role == "ingredient"})


def _roles(parents: Sequence[ParentRow]) -> dict[str, list[str]]:
    roles: dict[str, list[str]] = {}
    for parent in parents:
        roles.setdefault(parent.parent, []).append(parent.role)
    return roles


def _told_parent(parent: ParentRow, compared: Mapping[Setting, Comparisons]) -> schemas.Parent:
    return schemas.Parent(
        model=parent.parent,
        role=parent.role,
        relation=parent.relation,
        weight=parent.weight,
        measured=any(parent.parent in each.parents for each in compared.values()),
    )


def _told_setting(setting: Setting) -> dict[str, Any]:
    return ToldSetting.model_validate(setting).model_dump()
