"""Rows that contradict each other, what the hub has, or what lineage says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.resolved import Resolved
from leaderboard.facts.sizes import sizes
from leaderboard.facts.storing import Newest
from leaderboard.imports.checks import NEAR
from leaderboard.imports.report import Where
from leaderboard.models.models import ModelFactsRow
from mergehub.contracts.licences.identifiers import identifier_of

MERGED = {True: "a merge", False: "not a merge"}
UNTOLD = ("unknown", "original")
"""The kinds of models of which lineage knows no parents, so that they may be anything."""

Doubt = tuple[int, str]
"""The place of a statement, and what it contradicts."""


def among(places: Sequence[Where], statements: Sequence[Resolved]) -> Iterator[Doubt]:
    """Statements of the same thing and time with another value, or of a model with other claims."""
    values: dict[Any, tuple[Where, float]] = {}
    claims: dict[tuple[int, str], tuple[Where, Any]] = {}
    for place, each in enumerate(statements):
        where, score = places[place], each.stated.score
        same = (each.thing, each.origin, score.seed, score.evaluated_at)
        first, value = values.setdefault(same, (where, score.value))
        if value != score.value:
            yield place, f"another value of the same, {value:g}, is in {first}"
        for name, claim in (each.stated.claims or {}).items():
            of, other = claims.setdefault((each.model.id, name), (where, claim))
            if other != claim and name != "flags":
                yield place, f"another claim of the model's {name}, {other}, is in {of}"


def with_others(statements: Iterable[Resolved], newest: Newest) -> Iterator[Doubt]:
    """Statements that differ from what another origin says of the same thing and time."""
    for place, each in enumerate(statements):
        shown, score = newest.get(each.thing), each.stated.score
        if shown is None or shown.origin == each.origin:
            continue
        if shown.evaluated_at == score.evaluated_at and abs(shown.value - score.value) > NEAR:
            yield place, f"the origin {shown.named} has another value of the same, {shown.value:g}"


async def with_sizes(session: AsyncSession, statements: Sequence[Resolved]) -> list[Doubt]:
    """Statements of more items than the largest run of the hub's workers had."""
    known = await sizes(session, {each.measure for each in statements})
    return [
        (place, f"{each.stated.measure.name} has {items:,} items, as far as the hub knows")
        for place, each in enumerate(statements)
        if (items := known[each.measure]) and (each.stated.score.counted or 0) > items
    ]


async def with_lineage(session: AsyncSession, statements: Sequence[Resolved]) -> list[Doubt]:
    """Statements whose claims are not what lineage says of the model. Lineage decides."""
    models = {each.model.id for each in statements if each.stated.claims}
    if not models:
        return []
    query = select(ModelFactsRow).where(ModelFactsRow.model_id.in_(models))
    known = {each.model_id: each for each in await session.scalars(query)}
    return [
        (place, why)
        for place, each in enumerate(statements)
        if each.stated.claims and each.model.id in known
        for why in _otherwise(each.stated.claims, known[each.model.id])
    ]


def _otherwise(claims: Mapping[str, Any], says: ModelFactsRow) -> Iterator[str]:
    merged = claims.get("merged")
    if merged is not None and says.kind not in UNTOLD and merged != (says.kind == "merge"):
        known = MERGED[not merged]
        yield f"the row claims that the model is {MERGED[merged]}; lineage knows that it is {known}"
    licence = claims.get("licence")
    if licence and says.licence and identifier_of(licence) != says.licence:
        yield f"the row claims the licence {licence}, and lineage knows {says.licence}"
    architecture = claims.get("architecture")
    if architecture and says.architecture and architecture != says.architecture:
        yield (
            f"the row claims the architecture {architecture}, and lineage knows {says.architecture}"
        )
