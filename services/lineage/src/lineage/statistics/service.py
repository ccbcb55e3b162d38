"""Statistics as answers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.memory.graph import Graph
from lineage.models.models import ModelRow
from lineage.models.schemas import Model
from lineage.statistics import schemas
from lineage.statistics.months import MonthCount
from lineage.statistics.ranked import Ranking, ends_of
from lineage.statistics.risers import Riser


async def popular(session: AsyncSession, graph: Graph, ranking: Ranking) -> schemas.PopularModels:
    """The models of a ranking, with all that is known of them."""
    ids = _ids(graph, [number for number, _ in ranking])
    rows = {row.id: row for row in await _rows(session, ids)}
    items = [
        schemas.PopularModel(**Model.model_validate(rows[id]).model_dump(), count=count)
        for id, (_, count) in zip(ids, ranking, strict=True)
    ]
    return schemas.PopularModels(items=items, as_of=graph.as_of)


async def _rows(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[ModelRow]:
    return (await session.scalars(select(ModelRow).where(ModelRow.id.in_(ids)))).all()


def methods_by_month(graph: Graph, counts: Sequence[MonthCount]) -> schemas.MethodsByMonth:
    items = [
        schemas.MonthCount(month=_month(row.month), method=row.method or None, count=row.count)
        for row in counts
    ]
    return schemas.MethodsByMonth(items=items, as_of=graph.as_of)


def _month(number: int) -> str | None:
    """A month, counted from 1970, such as `2026-11`."""
    year, month = divmod(number, 12)
    return None if number < 0 else f"{1970 + year}-{month + 1:02}"


def rising(graph: Graph, found: Sequence[Riser]) -> schemas.Risers:
    numbers = [each.model for each in found]
    rows = zip(_ids(graph, numbers), _names(graph, numbers), found, strict=True)
    items = [
        schemas.Riser(id=id, name=name, recent=each.recent, before=each.before)
        for id, name, each in rows
    ]
    return schemas.Risers(items=items, as_of=graph.as_of)


def pairs(graph: Graph, ranking: Ranking) -> schemas.Pairs:
    ends = [end for pair, _ in ranking for end in ends_of(pair)]
    ids, names = _ids(graph, ends), _names(graph, ends)
    items = [
        schemas.Pair(
            one=ids[2 * at],
            one_name=names[2 * at],
            other=ids[2 * at + 1],
            other_name=names[2 * at + 1],
            count=count,
        )
        for at, (_, count) in enumerate(ranking)
    ]
    return schemas.Pairs(items=items, as_of=graph.as_of)


def _ids(graph: Graph, numbers: Sequence[int]) -> list[UUID]:
    return graph.ids(np.array(numbers, np.int32))


def _names(graph: Graph, numbers: Sequence[int]) -> list[str]:
    return graph.names_of(np.array(numbers, np.int32))
