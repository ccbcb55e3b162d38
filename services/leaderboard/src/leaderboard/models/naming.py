"""The rows of the models that lineage names. Lineage may have renamed a model since its results.

Of a renamed model whose new name has no row yet, the row gets the new name, and the former one
leads to it. If both names have results of their own, both rows stay: nothing is merged in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.models.feed import Model

log = structlog.get_logger()

Ids = Mapping[str, int]
"""The ids of models by the keys of their names."""

_NAMED = text("SELECT lower(name) AS key, id FROM models WHERE lower(name) = ANY(:keys)")
_ONCE_NAMED = text(
    "SELECT lower(name) AS key, model_id AS id FROM former_names WHERE lower(name) = ANY(:keys)"
)
_ADD = text(
    "INSERT INTO models (name) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING"
)
_RENAME = text("UPDATE models SET name = :name WHERE id = :id")
_FORGET = text("DELETE FROM former_names WHERE lower(name) = ANY(:keys)")
_REMEMBER = text(
    "INSERT INTO former_names (name, model_id) "
    "SELECT * FROM unnest(CAST(:names AS text[]), CAST(:ids AS bigint[])) "
    "ON CONFLICT (lower(name)) DO UPDATE SET model_id = excluded.model_id"
)


def key(name: str) -> str:
    """The name as the indexes have it: only ASCII letters have case there."""
    return name.encode().lower().decode()


async def named(session: AsyncSession, models: Sequence[Model]) -> Ids:
    """The rows of the models, of their former names that have some, and of their parents."""
    own = {key(name) for model in models for name in (model.name, *model.former_names)}
    rows = await _find(session, _NAMED, own)
    once = await _find(session, _ONCE_NAMED, own)
    await _rename(session, models, rows, once)
    parents = (parent.name for model in models for parent in model.parents)
    first = {key(name): name for name in chain(parents, (model.name for model in models))}
    await session.execute(_ADD, {"names": [first[each] for each in sorted(first)]})
    rows = await _find(session, _NAMED, own | first.keys())
    await _remember(session, models, rows)
    return rows


def ids_of(model: Model, rows: Ids) -> list[int]:
    """The row of a model, and those of its former names that have results of their own."""
    names = dict.fromkeys(map(key, (model.name, *model.former_names)))
    return [rows[name] for name in names if name in rows]


async def _find(session: AsyncSession, query: TextClause, keys: Collection[str]) -> dict[str, int]:
    found = await session.execute(query, {"keys": sorted(keys)})
    return {row.key: row.id for row in found}


async def _rename(session: AsyncSession, models: Iterable[Model], rows: Ids, once: Ids) -> None:
    """Give rows that have a former name the present one, unless that has a row."""
    for model in models:
        names = list(map(key, (model.name, *model.former_names)))
        former = [rows.get(each, once.get(each)) for each in names]
        known = next((each for each in former if each is not None), None)
        if names[0] in rows or known is None:
            continue
        await session.execute(_RENAME, {"name": model.name, "id": known})
        log.info("model.renamed", model=known, name=model.name)


async def _remember(session: AsyncSession, models: Sequence[Model], rows: Ids) -> None:
    """Let former names without a row lead to their model, and present ones to themselves."""
    ids = {name: rows[key(model.name)] for model in models for name in model.former_names}
    former = {key(name): (name, id) for name, id in ids.items() if key(name) not in rows}
    await session.execute(_FORGET, {"keys": sorted(map(key, (each.name for each in models)))})
    if former:
        names, of = zip(*(former[each] for each in sorted(former)), strict=True)
        await session.execute(_REMEMBER, {"names": list(names), "ids": list(of)})
